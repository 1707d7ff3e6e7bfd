package dev.whetstone.dpo.data;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.whetstone.preference.trl.LineReader;
import dev.whetstone.preference.trl.PairFormatException;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.preference.trl.TrlPair;
import dev.whetstone.preference.trl.TrlRatingReader;
import dev.whetstone.preference.trl.TrlReader;
import dev.whetstone.settings.Checks;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads a file with one pair or rating a line: TRL's preference formats, paired (texts or messages,
 * with an explicit or implicit prompt) and unpaired ({@code prompt}, {@code completion}, {@code
 * label}), or token ids as {@code prompt_ids}, {@code chosen_ids}, {@code rejected_ids} or {@code
 * prompt_ids}, {@code completion_ids}.
 */
public final class PairFile {
  private static final int MAX_LINE_BYTES = 1 << 24;
  private static final int MAX_REPORTED = 20;

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private PairFile() {}

  /** The examples of a file, each kind in the order of its lines. */
  public record Examples(List<TokenPair> pairs, List<RatedCompletion> ratings) {
    public Examples {
      pairs = List.copyOf(pairs);
      ratings = List.copyOf(ratings);
    }
  }

  /**
   * All pairs of a file without ratings; see {@link #readExamples}.
   *
   * @throws IllegalArgumentException also when the file has ratings
   */
  public static List<TokenPair> read(Path file, PairTokenizer tokenizer) throws IOException {
    Examples examples = readExamples(file, tokenizer);
    Checks.require(examples.ratings.isEmpty(), file + " has lines that are no pairs");
    return examples.pairs;
  }

  /**
   * All pairs and ratings, with their line numbers as ids. A completion given as text ends with
   * exactly one end token; one given as ids with at most one, because an answer that was cut off
   * has none.
   *
   * @throws IllegalArgumentException with the number and the fault of the bad lines (the first 20),
   *     or when the file has no lines
   */
  public static Examples readExamples(Path file, PairTokenizer tokenizer) throws IOException {
    List<TokenPair> pairs = new ArrayList<>();
    List<RatedCompletion> ratings = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    TrlReader reader = new TrlReader(JSON, tokenizer.template());
    TrlRatingReader rated = new TrlRatingReader(JSON, tokenizer.template());
    try (InputStream in = Files.newInputStream(file)) {
      LineReader lines = new LineReader(in, MAX_LINE_BYTES);
      for (boolean more = true; more; ) {
        try {
          String line = lines.next();
          more = line != null;
          if (line == null || line.isBlank()) {
            continue;
          }
          String id = "line " + lines.lineNumber();
          if (rated.isRating(line)) {
            ratings.add(
                rating(id, rated.readTokens(line, tokenizer), rated.label(line), tokenizer));
          } else {
            pairs.add(pair(id, reader.readTokens(line, tokenizer), tokenizer.endToken()));
          }
        } catch (PairFormatException | IllegalArgumentException bad) {
          faults.add("line " + lines.lineNumber() + ": " + bad.getMessage());
        }
      }
    }
    Checks.require(faults.isEmpty(), file + " has bad lines:\n" + report(faults));
    Checks.require(!pairs.isEmpty() || !ratings.isEmpty(), file + " has no pairs");
    return new Examples(pairs, ratings);
  }

  private static RatedCompletion rating(
      String id, TrlPair.Tokens tokens, boolean label, PairTokenizer tokenizer) {
    int[] completion = endedOnce(tokens.chosen(), tokenizer.endToken());
    return new RatedCompletion(id, tokens.prompt(), completion, label, 1);
  }

  private static TokenPair pair(String id, TrlPair.Tokens tokens, int endToken) {
    return new TokenPair(
        id,
        tokens.prompt(),
        endedOnce(tokens.chosen(), endToken),
        endedOnce(tokens.rejected(), endToken),
        1);
  }

  private static int[] endedOnce(int[] completion, int endToken) {
    int length = completion.length;
    while (length > 1 && completion[length - 1] == endToken && completion[length - 2] == endToken) {
      length--;
    }
    return Arrays.copyOf(completion, length);
  }

  private static String report(List<String> faults) {
    List<String> shown = faults.subList(0, Math.min(faults.size(), MAX_REPORTED));
    int remaining = faults.size() - shown.size();
    return String.join("\n", shown) + (remaining == 0 ? "" : "\nand " + remaining + " more");
  }
}
