package dev.whetstone.training.worker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Settings of the trainer process, {@code whetstone.trainer.*}. */
@ConfigMapping(prefix = "whetstone.trainer")
public interface TrainerConfig {
  /** Whether a gateway starts a trainer process; false where the trainer is deployed separately. */
  @WithDefault("true")
  boolean start();

  /** New usable votes that start a run; 0 if only schedule and calls start runs. */
  @WithDefault("50")
  int votes();

  /** Maximum time between two runs while there are new votes; by default there is no schedule. */
  Optional<Duration> schedule();

  /** How often the trainer looks for new votes. */
  @WithDefault("PT2S")
  Duration poll();

  /** Share of a run's votes that are replayed from earlier runs. */
  @WithDefault("0.25")
  double replay();

  /** How many versions older than the champion the newer policy of a pair may be. */
  @WithDefault("3")
  int window();

  /** Maximum share of a run's votes that come from one user. */
  @WithDefault("0.2")
  double userShare();

  /** Maximum share of a run's votes that are on the same prompt. */
  @WithDefault("0.2")
  double promptShare();

  /** Maximum number of votes of a run. */
  @WithDefault("5000")
  int maxPairs();

  /** Attempts at a run whose trainer is lost each time, before it counts as failed. */
  @WithDefault("5")
  int attempts();

  /**
   * Threads that compute a training step; by default as many as the machine has cores, one for a
   * model narrower than 256.
   */
  OptionalInt threads();

  /** Minimum time between two checkpoints. */
  @WithDefault("PT30S")
  Duration checkpointEvery();

  /** Number of run folders that are kept below WHETSTONE_HOME/training. */
  @WithDefault("5")
  int retainedRuns();

  /** Number of completions whose log-probs under the base are cached in the database. */
  @WithDefault("20000")
  int referenceRows();

  /** Training settings that differ from the defaults, as a JSON object with TRL's names. */
  @WithDefault("{}")
  String settings();
}
