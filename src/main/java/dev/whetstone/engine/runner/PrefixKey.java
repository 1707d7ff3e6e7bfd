package dev.whetstone.engine.runner;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Key of a block: its tokens, whose it is and, through its parent, all tokens before them. Keys are
 * equal only if the base model, the adapter, the owners and all these tokens are.
 */
final class PrefixKey {
  private final @Nullable PrefixKey parent;
  private final String origin;
  private final @Nullable String owner;
  private final int[] tokens;
  private final int hash;

  private PrefixKey(
      @Nullable PrefixKey parent, String origin, @Nullable String owner, int[] tokens) {
    this.parent = parent;
    this.origin = origin;
    this.owner = owner;
    this.tokens = tokens;
    this.hash =
        31 * (parent == null ? origin.hashCode() : parent.hash)
            + Objects.hashCode(owner)
            + Arrays.hashCode(tokens);
  }

  /** The parent of the first block of every prompt under a model and an adapter. */
  static PrefixKey root(String baseHash, String policyHash) {
    return new PrefixKey(null, baseHash + "/" + policyHash, null, new int[0]);
  }

  /**
   * The block {@code prompt[start, end)} after this one.
   *
   * @param blockOwner whose prompts alone find it; null for a block that all prompts share
   */
  PrefixKey child(int[] prompt, int start, int end, @Nullable String blockOwner) {
    return new PrefixKey(this, origin, blockOwner, Arrays.copyOfRange(prompt, start, end));
  }

  /** Bytes of the tokens, counted against the cache's limit. */
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
      if (!Arrays.equals(a.tokens, b.tokens) || !Objects.equals(a.owner, b.owner)) {
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
