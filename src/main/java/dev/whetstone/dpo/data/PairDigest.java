package dev.whetstone.dpo.data;

import dev.whetstone.io.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/** A SHA-256 over token ids and texts, of the data that a run depends on. Not thread-safe. */
public final class PairDigest {
  private final MessageDigest digest = Sha256.digest();

  /**
   * The digest of pairs in their order, with their weights. Their ids are names and do not count.
   */
  public static String of(List<TokenPair> pairs) {
    PairDigest digest = new PairDigest();
    for (TokenPair pair : pairs) {
      digest.add(pair.prompt()).add(pair.chosen()).add(pair.rejected());
      digest.add(Double.toString(pair.weight()));
    }
    return digest.hex();
  }

  /** The digest of ratings in their order, with their weights. */
  public static String ofRatings(List<RatedCompletion> ratings) {
    PairDigest digest = new PairDigest();
    for (RatedCompletion rating : ratings) {
      digest.add(rating.prompt()).add(rating.completion());
      digest.add(rating.desirable() + " " + rating.weight());
    }
    return digest.hex();
  }

  /** Adds length and values, so that [1], [2, 3] and [1, 2], [3] differ. */
  public PairDigest add(int[] ids) {
    ByteBuffer bytes = ByteBuffer.allocate((ids.length + 1) * Integer.BYTES);
    bytes.putInt(ids.length).asIntBuffer().put(ids);
    digest.update(bytes.array());
    return this;
  }

  /** Adds a text with its length. */
  public PairDigest add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
    return this;
  }

  /** The digest in lower-case hexadecimal; call it once, after everything was added. */
  public String hex() {
    return Sha256.hex(digest);
  }
}
