package dev.whetstone.dpo.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** sha256 over the parts of a run. */
public final class PairDigest {
  private final MessageDigest digest;

  public PairDigest() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Pairs in their order, with their weights; ids only name them and do not count. */
  public static String of(List<TokenPair> pairs) {
    PairDigest digest = new PairDigest();
    for (TokenPair pair : pairs) {
      digest.add(pair.prompt()).add(pair.chosen()).add(pair.rejected());
      digest.add(Double.toString(pair.weight()));
    }
    return digest.hex();
  }

  /** Length and values, so that neighbours cannot run into each other. */
  public PairDigest add(int[] ids) {
    ByteBuffer bytes = ByteBuffer.allocate((ids.length + 1) * Integer.BYTES);
    bytes.putInt(ids.length).asIntBuffer().put(ids);
    digest.update(bytes.array());
    return this;
  }

  public PairDigest add(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    digest.update(bytes);
    return this;
  }

  /** Lower-case hexadecimal; nothing can be added any more. */
  public String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
