package dev.whetstone.rollout;

import io.smallrye.config.WithDefault;

/** Settings of how a promoted version is watched, {@code whetstone.rollout.watch.*}. */
public interface WatchConfig {
  /** Share of pairs between champion and predecessor until {@link #firstVotes} were watched. */
  @WithDefault("0.3")
  double firstShare();

  /** Votes that are watched at the first share. */
  @WithDefault("200")
  int firstVotes();

  /** Share of pairs afterwards; and of pairs between the champion and v0. 0 watches nothing. */
  @WithDefault("0.05")
  double share();

  /** E-value against "the champion is at least as good as its predecessor" that rolls it back. */
  @WithDefault("20")
  double evidence();
}
