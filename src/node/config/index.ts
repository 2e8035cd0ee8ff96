export { defaultFeatures, type Feature, type FeatureGates, featureNames, featureStatus, stageOf } from "./features.ts";
export { formatDuration, parseDuration } from "./go-values.ts";
export { helpText, optionsMarkdown, usageText } from "./help.ts";
export { etcdVersion, type Loaded, type LoadInputs, load, variableOf } from "./load.ts";
export { type Config, ignoredFlags, type Option, options, type Status } from "./options.ts";
export { type FlagUrl, type HostPort, isIp, parseUrl, parseUrls, splitHostPort } from "./urls.ts";
export { ConfigError, compactionRetention, initialClusterOf, type Notice } from "./validate.ts";
