package dev.whetstone.engine.runner;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A block of a prompt and, through its parent, everything before it: equal only when the model, the
 * adapter and all tokens are.
 */
final class PrefixKey {
  private final @Nullable PrefixKey parent;
  private final String origin;
  private final int[] tokens;
  private final int hash;

  private PrefixKey(@Nullable PrefixKey parent, String origin, int[] tokens) {
    this.parent = parent;
    this.origin = origin;
    this.tokens = tokens;
    this.hash = 31 * (parent == null ? origin.hashCode() : parent.hash) + Arrays.hashCode(tokens);
  }

  /** What every key of a model and an adapter begins with. */
  static PrefixKey root(String baseHash, String policyHash) {
    return new PrefixKey(null, baseHash + "/" + policyHash, new int[0]);
  }

  /** The block {@code tokens[start, end)} behind this one. */
  PrefixKey child(int[] prompt, int start, int end) {
    return new PrefixKey(this, origin, Arrays.copyOfRange(prompt, start, end));
  }

  /** Bytes of the tokens. */
  int weight() {
    return tokens.length * Integer.BYTES;
  }

  @Override
  public boolean equals(@Nullable Object object) {
    if (!(object instanceof PrefixKey other) || hash != other.hash) {
      return false;
    }
    PrefixKey a = this;
    PrefixKey b = other;
    while (a != b) {
      if (!Arrays.equals(a.tokens, b.tokens)) {
        return false;
      }
      if (a.parent == null || b.parent == null) {
        return a.parent == b.parent && a.origin.equals(b.origin);
      }
      a = a.parent;
      b = b.parent;
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
