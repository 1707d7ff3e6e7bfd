package dev.whetstone.preference.feedback;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of ratings of single answers, {@code whetstone.feedback.*}. */
@ConfigMapping(prefix = "whetstone.feedback")
public interface FeedbackConfig {
  /**
   * How long a single answer can be rated; one that was not rated is deleted then. 0 keeps none.
   */
  @WithDefault("24H")
  Duration retention();

  /** Answers without a rating that are kept for one key, at most; the oldest go first. */
  @WithDefault("10000")
  int maxAnswers();

  /** Answers that wait to be stored, at most; further ones are not kept, and cannot be rated. */
  @WithDefault("1024")
  int queue();
}
