package dev.whetstone.rollout;

import dev.whetstone.rollout.duel.DuelConfig;
import dev.whetstone.rollout.gate.GateConfig;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of how a candidate becomes champion, {@code whetstone.rollout.*}. */
@ConfigMapping(prefix = "whetstone.rollout")
public interface RolloutConfig {
  /** What a candidate of a training run must pass before it is champion. */
  @WithDefault("duel")
  RolloutMode mode();

  /** The offline gate. */
  GateConfig gate();

  /** The live duel. */
  DuelConfig duel();

  /** What follows a promotion. */
  WatchConfig watch();
}
