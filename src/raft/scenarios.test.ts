import { raftInteraction } from "../../test/harness/raft-interaction.ts";
import { scenarioSuite } from "../../test/harness/scenario-suite.ts";

scenarioSuite("raft scenarios", new URL("testdata", import.meta.url).pathname, raftInteraction);
