package dev.whetstone.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.text.template.Rendered;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A Hugging Face tokenizer.json, run by the tokenizers library inside the DJL jar. Safe for many
 * threads: the library's tokenizer is immutable, and the lock keeps {@link #close} from freeing it
 * during a call.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Map<String, String> OPTIONS =
      Map.of("truncation", "false", "padding", "false");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final HuggingFaceTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final ControlTokens control;
  private final SecretNames secretNames;
  private final Lock secretLock = new ReentrantLock();

  /** Knows control tokens by their secret names; made for the first text that needs it. */
  private @Nullable HuggingFaceTokenizer secret;

  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final OffCarrier offCarrier = new OffCarrier();

  static {
    // Otherwise DJL looks for a CUDA build of the library on the Internet and sends usage reports.
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
  }

  private Tokenizer(Path file, HuggingFaceTokenizer tokenizer, Vocabulary vocabulary) {
    this.file = file;
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.control = new ControlTokens(vocabulary.control());
    this.secretNames = new SecretNames(vocabulary.control());
  }

  /**
   * Loads a tokenizer.
   *
   * @throws IOException when the file cannot be read or the library does not know its parts
   */
  public static Tokenizer open(Path tokenizerJson) throws IOException {
    Vocabulary vocabulary = Vocabulary.read(tokenizerJson);
    try (InputStream json = Files.newInputStream(tokenizerJson)) {
      return new Tokenizer(
          tokenizerJson, HuggingFaceTokenizer.newInstance(json, OPTIONS), vocabulary);
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
      return encode(tokenizer, wellFormed(text), addSpecialTokens);
    } finally {
      lock.readLock().unlock();
    }
  }

  private static int[] encode(HuggingFaceTokenizer with, String text, boolean addSpecialTokens) {
    long[] ids = with.encode(text, addSpecialTokens, false).getIds();
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  /**
   * The ids of a rendered conversation. Control tokens are those that the template wrote itself;
   * what looks like one in a user's text is text.
   */
  public int[] encode(Rendered conversation) {
    return encode(conversation.text(), control.find(conversation));
  }

  /** The ids of a user's text, in which nothing is a control token. */
  public int[] encodeUserText(String text) {
    return encode(text, control.findInUserText(text));
  }

  private int[] encode(String given, ControlTokens.Found found) {
    return offCarrier.run(given.length(), () -> encodeHere(given, found));
  }

  private int[] encodeHere(String given, ControlTokens.Found found) {
    String text = wellFormed(given);
    lock.readLock().lock();
    try {
      if (!found.forged()) {
        int[] ids = encode(tokenizer, text, false);
        // A normaliser may have made a control token of other characters.
        if (control.areThoseOf(ids, found.places())) {
          return ids;
        }
      }
      int[] ids = encode(secret(), secretNames.write(text, found.places()), false);
      if (!control.areThoseOf(ids, found.places())) {
        throw new IllegalStateException("the tokenizer takes a user's text for a control token");
      }
      return ids;
    } finally {
      lock.readLock().unlock();
    }
  }

  private HuggingFaceTokenizer secret() {
    secretLock.lock();
    try {
      if (secret == null) {
        ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
        secretNames.rename(json);
        secret =
            HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(JSON.writeValueAsBytes(json)), OPTIONS);
      }
      return secret;
    } catch (IOException gone) {
      throw new UncheckedIOException(file + " can no longer be read", gone);
    } finally {
      secretLock.unlock();
    }
  }

  /** The control tokens among ids, in order. */
  public int[] controlTokens(int[] ids) {
    return control.in(ids);
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
      if (secret != null) {
        secret.close();
      }
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
