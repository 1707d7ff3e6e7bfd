package dev.whetstone.training.worker;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
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

  /**
   * Usable votes that start the first run; later ones start when the pool has grown by a quarter. 0
   * if only schedule and calls start runs.
   */
  @WithDefault("40")
  int votes();

  /** Number of newer votes after which a vote weighs half as much. */
  @WithDefault("500")
  double halfLife();

  /** Time that a run may train: what does not fit is left out, the oldest votes first. */
  @WithDefault("PT10M")
  Duration maxDuration();

  /** Hours without runs that start by themselves, as in {@code 22:00-06:00}; by default none. */
  Optional<String> quietHours();

  /** Runs that may start by themselves a day; 0 is no limit. */
  @WithDefault("0")
  int maxRunsADay();

  /** Maximum time between two runs while there are new votes; by default there is no schedule. */
  Optional<Duration> schedule();

  /** How often the trainer looks for new votes. */
  @WithDefault("PT2S")
  Duration poll();

  /** Maximum share of a run's votes that come from one user, who always has at least 50. */
  @WithDefault("0.2")
  double userShare();

  /** Maximum share of a run's votes on the same prompt, which always has at least 50. */
  @WithDefault("0.2")
  double promptShare();

  /** Maximum number of votes of a run. */
  @WithDefault("5000")
  int maxPairs();

  /**
   * Largest adapter that a run may make, in bytes. A gateway needs several times that of its heap:
   * give it more ({@code WHETSTONE_JAVA_OPTS=-Xmx1g}) before this is raised.
   */
  @WithDefault("72M")
  @WithConverter(MemorySizeConverter.class)
  MemorySize maxAdapterSize();

  /** Attempts at a run whose trainer is lost each time, before it counts as failed. */
  @WithDefault("5")
  int attempts();

  /**
   * Temperature of the answers that a run measures its KL on: that of pairs, unless {@link
   * #settings} says otherwise.
   */
  @WithDefault("${whetstone.gateway.pair-temperature:0.8}")
  double klTemperature();

  /**
   * Most KL to the base that a run's result may have, in nats an answer: what the gate admits,
   * unless {@link #settings} says otherwise.
   */
  @WithDefault("${whetstone.rollout.gate.kl-budget:3}")
  double klBudget();

  /** How far that KL may exceed the champion's: what the gate admits, likewise. */
  @WithDefault("${whetstone.rollout.gate.kl-step-budget:3}")
  double klStepBudget();

  /**
   * Whether votes on answers of other bases are trained on: copied by their texts, tokenized for
   * this base, when the trainer starts. The originals stay.
   */
  @WithDefault("false")
  boolean otherBases();

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
