package dev.whetstone.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The stage of a run and its rollout, in the order in which the loop passes through them. */
public enum LoopMoment {
  QUEUED(0),
  TRAINING(2_500),
  /** The version exists; its rollout does not yet. */
  TRAINED(100),
  GATING(500),
  DUELLING(1_000),
  /** Few more votes will decide the duel. */
  DECIDING(400),
  /** The aliases have changed within the last second: gateways follow. */
  SWAPPING(60),
  DONE(0);

  /** Wins that are one short of a decision without losses. */
  private static final int NEARLY = 7;

  private static final Duration SWAP = Duration.ofSeconds(1);

  private final int spread;

  LoopMoment(int spread) {
    this.spread = spread;
  }

  /** A random delay in milliseconds from the moment's beginning to a point within it. */
  public int delay(RandomGenerator random) {
    return spread == 0 ? 0 : random.nextInt(spread);
  }

  /** The moment that the answers of the routes describe. */
  public static LoopMoment now(JsonNode run, @Nullable JsonNode rollout, Instant now) {
    return switch (run.path("status").asText()) {
      case "queued" -> QUEUED;
      case "running" -> TRAINING;
      default -> rollout == null ? TRAINED : now(rollout, now);
    };
  }

  private static LoopMoment now(JsonNode rollout, Instant now) {
    return switch (rollout.path("status").asText()) {
      case "queued" -> TRAINED;
      case "gating" -> GATING;
      case "duelling" -> rollout.at("/duel/wins").asInt() >= NEARLY ? DECIDING : DUELLING;
      default -> ended(rollout).plus(SWAP).isAfter(now) ? SWAPPING : DONE;
    };
  }

  /**
   * The moment at an earlier time, from the time stamps of what has ended since.
   *
   * @param seen the moment last observed before that time, because vote counts have no time stamp
   */
  public static LoopMoment at(
      Instant time, JsonNode run, @Nullable JsonNode rollout, LoopMoment seen) {
    if (before(time, run.path("started_at"))) {
      return QUEUED;
    }
    if (before(time, run.path("finished_at"))) {
      return TRAINING;
    }
    if (rollout == null || before(time, rollout.path("created_at"))) {
      return TRAINED;
    }
    if (before(time, rollout.path("ended_at"))) {
      boolean gate =
          rollout.path("duel_began_at").isNull() || before(time, rollout.path("duel_began_at"));
      return gate ? GATING : seen == DECIDING ? DECIDING : DUELLING;
    }
    return ended(rollout).plus(SWAP).isAfter(time) ? SWAPPING : DONE;
  }

  private static boolean before(Instant time, JsonNode end) {
    return !end.isTextual() || time.isBefore(Instant.parse(end.asText()));
  }

  private static Instant ended(JsonNode rollout) {
    return Instant.parse(rollout.path("ended_at").asText());
  }
}
