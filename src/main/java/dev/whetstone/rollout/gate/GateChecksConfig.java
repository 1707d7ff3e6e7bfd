package dev.whetstone.rollout.gate;

import io.smallrye.config.ConfigMapping;
import java.nio.file.Path;
import java.util.Optional;

/** Where the operator's own checks are, {@code whetstone.gate.*}. */
@ConfigMapping(prefix = "whetstone.gate")
public interface GateChecksConfig {
  /** A JSONL file of prompts with a rule each, see {@link OperatorChecks}; read at the start. */
  Optional<Path> checks();
}
