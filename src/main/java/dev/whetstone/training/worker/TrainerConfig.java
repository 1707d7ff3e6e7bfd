package dev.whetstone.training.worker;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the trainer process, {@code whetstone.trainer.*}. */
@ConfigMapping(prefix = "whetstone.trainer")
public interface TrainerConfig {
  /** Whether a gateway starts a trainer of its own; false where the trainer is deployed apart. */
  @WithDefault("true")
  boolean start();

  /** New usable votes that start a run; 0 for runs by schedule and call alone. */
  @WithDefault("50")
  int votes();

  /** Longest time between two runs while there are new votes; by default votes alone start runs. */
  Optional<Duration> schedule();

  /** How often the trainer looks for new votes. */
  @WithDefault("PT2S")
  Duration poll();

  /** Share of a run's votes that earlier runs have used already. */
  @WithDefault("0.25")
  double replay();

  /** How many versions older than the champion the newer writer of a pair may be. */
  @WithDefault("3")
  int window();

  /** Most of a run's votes that one user's may make up. */
  @WithDefault("0.2")
  double userShare();

  /** Most of a run's votes that may be on identical prompts. */
  @WithDefault("0.2")
  double promptShare();

  /** Most votes of a run. */
  @WithDefault("5000")
  int maxPairs();

  /** How often a run is taken up again after its trainer was lost, before it counts as failed. */
  @WithDefault("5")
  int attempts();

  /** Threads of PyTorch. */
  @WithDefault("1")
  int threads();

  /** Least time between two checkpoints. */
  @WithDefault("PT30S")
  Duration checkpointEvery();

  /** Run folders kept below WHETSTONE_HOME/training. */
  @WithDefault("5")
  int retainedRuns();

  /** Completions whose log-probs under the base are kept in the database. */
  @WithDefault("20000")
  int referenceRows();

  /** Training settings that differ from the defaults, as a JSON object with TRL's names. */
  @WithDefault("{}")
  String settings();
}
