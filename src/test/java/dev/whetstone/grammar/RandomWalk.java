package dev.whetstone.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;

/** Writes a text with random tokens of the mask, and hurries to an end after a while. */
final class RandomWalk {
  private static final int HURRY = 80;
  private static final int LIMIT = 500;

  private final byte[][] bytes;
  private final Random random;
  int tokens;
  int stuck;

  RandomWalk(byte[][] bytes, long seed) {
    this.bytes = bytes;
    this.random = new Random(seed);
  }

  /** The text; empty if it had no end after very many tokens. */
  Optional<String> text(TokenGrammar grammar) {
    GrammarMatcher matcher = grammar.start();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int i = 0; i < LIMIT; i++) {
      BitSet mask = BitSet.valueOf(matcher.mask());
      if (mask.isEmpty()) {
        throw new AssertionError("nothing may follow " + text.toString(StandardCharsets.UTF_8));
      }
      boolean end = mask.get(Vocabularies.END);
      if (end && (mask.cardinality() == 1 || i > HURRY || random.nextInt(3) == 0)) {
        return Optional.of(text.toString(StandardCharsets.UTF_8));
      }
      mask.clear(Vocabularies.END);
      int token = i > HURRY || random.nextInt(4) == 0 ? closing(mask) : any(mask);
      text.writeBytes(bytes[token]);
      matcher.accept(token);
      tokens++;
    }
    return Optional.empty();
  }

  private int any(BitSet mask) {
    int skip = random.nextInt(mask.cardinality());
    int token = mask.nextSetBit(0);
    for (int i = 0; i < skip; i++) {
      token = mask.nextSetBit(token + 1);
    }
    return token;
  }

  private int closing(BitSet mask) {
    BitSet closers = new BitSet();
    for (char closer : new char[] {'"', '}', ']', ':'}) {
      closers.set(1 + closer, mask.get(1 + closer));
    }
    return any(closers.isEmpty() ? mask : closers);
  }
}
