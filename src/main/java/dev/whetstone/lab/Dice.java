package dev.whetstone.lab;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The dice of a start, one for each vote, so that votes cast at once do not share one. They are
 * split and not seeded by number: the first draws of {@link java.util.Random} hardly differ between
 * neighbouring seeds, and all votes of a start would flip, or none.
 */
final class Dice {
  private final SplittableRandom source;

  Dice(long seed) {
    this.source = new SplittableRandom(seed);
  }

  RandomGenerator next() {
    return source.split();
  }
}
