package dev.whetstone.grammar;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.whetstone.grammar.machine.Machine;
import dev.whetstone.grammar.machine.State;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The tokens of a model by their bytes, which may be parts of characters. Tokens of whole
 * characters that a JSON string may contain as they are stand apart, by their number of characters:
 * where any string may continue, they need no walk. Safe for many threads.
 */
public final class TokenVocabulary {
  private static final int MAX_LENGTH = 64;
  private static final long CACHE_BYTES = 48L << 20;

  private final byte[][] bytes;
  private final Set<Integer> endTokens;
  private final TokenTrie plain;
  private final TokenTrie others;
  // Masks of the plain tokens of at most so many characters.
  private final long[][] plainUpTo;
  private final Cache<State, long[]> masks;
  private final Cache<State, Inner> inners;

  /**
   * @param bytes what each token adds to a text; empty for a token that may not be sampled
   * @param endTokens tokens that end a text
   */
  public TokenVocabulary(byte[][] bytes, Set<Integer> endTokens) {
    this.bytes = bytes.clone();
    this.endTokens = Set.copyOf(endTokens);
    List<Integer> plainTokens = new ArrayList<>();
    List<Integer> otherTokens = new ArrayList<>();
    plainUpTo = new long[MAX_LENGTH + 1][words()];
    for (int id = 0; id < bytes.length; id++) {
      if (bytes[id].length > 0 && !endTokens.contains(id)) {
        int length = plainLength(bytes[id]);
        (length < 0 ? otherTokens : plainTokens).add(id);
        for (int upTo = length; upTo >= 0 && upTo <= MAX_LENGTH; upTo++) {
          plainUpTo[upTo][id >> 6] |= 1L << id;
        }
      }
    }
    plain = new TokenTrie(bytes, plainTokens);
    others = new TokenTrie(bytes, otherTokens);
    masks = cache();
    inners = cache();
  }

  /**
   * The tokens of a model.
   *
   * @param tokens how many there are
   * @param bytes what each adds to a text
   * @param endTokens tokens that end a text
   */
  public static TokenVocabulary of(int tokens, IntFunction<byte[]> bytes, Set<Integer> endTokens) {
    return new TokenVocabulary(
        IntStream.range(0, tokens).mapToObj(bytes).toArray(byte[][]::new), endTokens);
  }

  private <T> Cache<State, T> cache() {
    return Caffeine.newBuilder()
        .weakKeys()
        .executor(Runnable::run)
        .maximumSize(Math.max(64, CACHE_BYTES / (8L * words())))
        .build();
  }

  private int words() {
    return (bytes.length + 63) / 64;
  }

  /** The characters of a token that a JSON string may contain as it is; negative if it may not. */
  private static int plainLength(byte[] token) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(token)).toString();
      int length = text.codePointCount(0, text.length());
      boolean allowed = text.chars().allMatch(c -> c >= ' ' && c != '"' && c != '\\');
      return allowed && length <= MAX_LENGTH ? length : -1;
    } catch (CharacterCodingException partial) {
      return -1;
    }
  }

  byte[] bytes(int token) {
    return bytes[token];
  }

  boolean isEnd(int token) {
    return endTokens.contains(token);
  }

  /** The tokens that a machine may read in a state, as bits; not to be changed. */
  long[] mask(Machine machine, State state) {
    long[] known = masks.getIfPresent(state);
    if (known != null) {
      return known;
    }
    long[] mask = compute(machine, state);
    if (!state.isUnique()) {
      masks.put(state, mask);
    }
    return mask;
  }

  private long[] compute(Machine machine, State state) {
    long[] mask = new long[words()];
    for (Machine.Reading reading : machine.readings(state)) {
      Inner inner = inner(machine, reading.inner());
      or(mask, inner.mask);
      State outer = reading.outer();
      if (outer != null) {
        if (reading.inner().mayEnd()) {
          or(mask, mask(machine, outer));
        }
        inner.plainExits.forEach(node -> plain.addAllowedAfter(node, machine, outer, mask));
        inner.otherExits.forEach(node -> others.addAllowedAfter(node, machine, outer, mask));
      }
    }
    if (state.mayEnd()) {
      endTokens.stream()
          .filter(token -> token < bytes.length)
          .forEach(token -> mask[token >> 6] |= 1L << token);
    }
    return mask;
  }

  private static void or(long[] mask, long[] other) {
    for (int i = 0; i < mask.length; i++) {
      mask[i] |= other[i];
    }
  }

  /**
   * What one value allows, whatever is around it.
   *
   * @param mask tokens that end within it or with it
   * @param plainExits nodes of the plain trie beyond which a token goes on after its end
   * @param otherExits the same of the other trie
   */
  private record Inner(long[] mask, List<Integer> plainExits, List<Integer> otherExits) {}

  private Inner inner(Machine machine, State state) {
    Inner known = inners.getIfPresent(state);
    if (known != null) {
      return known;
    }
    int free = state.freeLength();
    long[] mask = free < 0 ? new long[words()] : plainUpTo[Math.min(free, MAX_LENGTH)].clone();
    Inner inner = new Inner(mask, new ArrayList<>(), new ArrayList<>());
    others.addAllowed(machine, state, mask, inner.otherExits);
    if (free < 0) {
      plain.addAllowed(machine, state, mask, inner.plainExits);
    }
    if (!state.isUnique()) {
      inners.put(state, inner);
    }
    return inner;
  }
}
