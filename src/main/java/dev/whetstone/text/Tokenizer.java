package dev.whetstone.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A Hugging Face tokenizer.json, run by the tokenizers library inside the DJL jar. Safe for many
 * threads: the library's tokenizer is immutable, and the lock keeps {@link #close} from freeing it
 * during a call.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false");

  private final HuggingFaceTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final OffCarrier offCarrier = new OffCarrier();

  static {
    // Otherwise DJL looks for a CUDA build of the library on the Internet and sends usage reports.
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
  }

  private Tokenizer(HuggingFaceTokenizer tokenizer, Vocabulary vocabulary) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
  }

  /**
   * Loads a tokenizer.
   *
   * @throws IOException when the file cannot be read or the library does not know its parts
   */
  public static Tokenizer open(Path tokenizerJson) throws IOException {
    Vocabulary vocabulary = Vocabulary.read(tokenizerJson);
    try (InputStream json = Files.newInputStream(tokenizerJson)) {
      return new Tokenizer(HuggingFaceTokenizer.newInstance(json, OPTIONS), vocabulary);
    } catch (RuntimeException e) {
      throw new IOException(tokenizerJson + ": " + e.getMessage(), e);
    }
  }

  /**
   * The ids of a text. Special tokens written in the text become their ids.
   *
   * @param addSpecialTokens whether to add the tokens that the tokenizer's post-processor adds
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    return offCarrier.run(text.length(), () -> encodeHere(text, addSpecialTokens));
  }

  private int[] encodeHere(String text, boolean addSpecialTokens) {
    lock.readLock().lock();
    try {
      long[] ids = tokenizer.encode(wellFormed(text), addSpecialTokens, false).getIds();
      return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * The ids of a prompt that is no rendered conversation: with the tokens that the post-processor
   * adds, such as the beginning of a text, but never two of these where the text has it already.
   */
  public int[] encodePrompt(String text) {
    int[] plain = encode(text, false);
    int[] ids = encode(text, true);
    boolean twice = ids.length > plain.length && plain.length > 0 && ids[0] == plain[0];
    return twice && ids[1] == plain[0] ? Arrays.copyOfRange(ids, 1, ids.length) : ids;
  }

  /** The text of ids; invalid UTF-8 becomes U+FFFD, ids without a token are skipped. */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    long[] known = Arrays.stream(ids).filter(vocabulary::contains).asLongStream().toArray();
    lock.readLock().lock();
    try {
      return tokenizer.decode(known, skipSpecialTokens);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The bytes of a token, special tokens included; they may be a part of a UTF-8 character. */
  public byte[] bytes(int id) {
    return vocabulary.bytes(id);
  }

  /** The bytes that a token adds to a text: none if it is special or there is no such token. */
  public byte[] renderedBytes(int id) {
    return vocabulary.renderedBytes(id).clone();
  }

  /** A decoder for one completion. */
  public TokenDecoder decoder() {
    return vocabulary.isByteLevel()
        ? new ByteLevelDecoder(vocabulary)
        : new WindowDecoder(vocabulary, ids -> decode(ids, true));
  }

  /** One more than the highest id. */
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      tokenizer.close();
      offCarrier.close();
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Replaces a lone surrogate, which JSON may contain but UTF-8 cannot encode, by U+FFFD. */
  private static String wellFormed(String text) {
    if (text.codePoints().noneMatch(Tokenizer::isSurrogate)) {
      return text;
    }
    int[] points = text.codePoints().map(c -> isSurrogate(c) ? 0xfffd : c).toArray();
    return new String(points, 0, points.length);
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
