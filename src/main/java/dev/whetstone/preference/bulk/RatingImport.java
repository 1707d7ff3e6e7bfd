package dev.whetstone.preference.bulk;

import com.fasterxml.jackson.databind.ObjectReader;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.io.Sha256;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.trl.LineReader;
import dev.whetstone.preference.trl.PairFormatException;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.preference.trl.TrlPair;
import dev.whetstone.preference.trl.TrlRating;
import dev.whetstone.preference.trl.TrlRatingReader;
import java.io.IOException;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Imports ratings from a file in TRL's unpaired format, one transaction a batch. A line that is
 * there already, with the same prompt, completion and label, is skipped.
 */
public final class RatingImport {
  private static final int ID_BYTES = 16;

  private static final String ANSWER =
      """
      INSERT INTO answers (completion_id, key_id, user_id, prompt, prompt_ids, messages, text, ids,
        finish, policy, hash, base_hash, sampling, imported, created_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?::json, ?, ?, 'stop', ?, ?, ?, '{}', true, ?::timestamptz,
        ?::timestamptz)
      ON CONFLICT DO NOTHING
      """;

  private static final String RATING =
      """
      INSERT INTO ratings (feedback_id, completion_id, key_id, user_id, rating, first_rating,
        recorded_at, first_at)
      VALUES (?, ?, ?, ?, ?, ?, ?::timestamptz, ?::timestamptz)
      """;

  private record Line(TrlRating rating, TrlPair.Tokens tokens) {}

  private final Database database;
  private final InstantSource clock;
  private final UnaryOperator<String> ids;
  private final ObjectReader json;
  private final PreferenceImport.ImportLimits limits;

  /**
   * Creates an importer.
   *
   * @param ids makes a random id with the given prefix
   * @param json must reject what is not strictly JSON
   */
  public RatingImport(
      Database database,
      InstantSource clock,
      UnaryOperator<String> ids,
      ObjectReader json,
      PreferenceImport.ImportLimits limits) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.json = json;
    this.limits = limits;
  }

  /** Imports a stream of JSON lines to its end; when this throws, earlier batches stay. */
  public ImportReport run(InputStream in, PairTokenizer tokenizer, String keyId)
      throws IOException {
    TrlRatingReader reader = new TrlRatingReader(json, tokenizer.template());
    LineReader lines = new LineReader(in, limits.maxLineBytes());
    List<ImportReport.BadLine> errors = new ArrayList<>();
    List<Line> batch = new ArrayList<>();
    long imported = 0;
    long read = 0;
    long rejected = 0;
    for (boolean more = true; more; ) {
      try {
        String line = lines.next();
        more = line != null;
        if (line != null && !line.isBlank()) {
          TrlRating rating = reader.read(line);
          batch.add(new Line(rating, tokenizer.tokenize(rating.answer())));
          read++;
        }
      } catch (PairFormatException | IllegalArgumentException bad) {
        rejected++;
        if (errors.size() < limits.maxErrors()) {
          errors.add(
              new ImportReport.BadLine(lines.lineNumber(), String.valueOf(bad.getMessage())));
        }
      }
      if (batch.size() >= limits.batchSize() || !more) {
        List<Line> full = List.copyOf(batch);
        imported +=
            database.transaction(
                connection -> store(connection, full, tokenizer.baseHash(), keyId));
        batch.clear();
      }
    }
    return new ImportReport(
        ids.apply("import"), read + rejected, imported, read - imported, rejected, errors);
  }

  private int store(Connection connection, List<Line> lines, String baseHash, String keyId)
      throws SQLException {
    Instant now = clock.instant();
    Timestamp at = Timestamp.from(now);
    int stored = 0;
    for (Line line : lines) {
      TrlPair answer = line.rating.answer();
      String rating = line.rating.label() ? "up" : "down";
      String id = id(baseHash, answer, rating);
      int added =
          Sql.update(
              connection,
              ANSWER,
              id,
              keyId,
              keyId,
              answer.prompt(),
              line.tokens.prompt(),
              ConversationJson.write(answer.messages()),
              answer.chosen(),
              line.tokens.chosen(),
              PreferenceImport.POLICY,
              PreferenceImport.POLICY,
              baseHash,
              at,
              at);
      if (added > 0) {
        Sql.update(
            connection, RATING, ids.apply("feedback"), id, keyId, keyId, rating, rating, at, at);
        stored++;
      }
    }
    return stored;
  }

  private static String id(String baseHash, TrlPair answer, String rating) {
    String content =
        baseHash + "\n" + rating + "\n" + answer.prompt().length() + "\n" + answer.prompt();
    return "rated_"
        + HexFormat.of().formatHex(Sha256.bytes(content + answer.chosen()), 0, ID_BYTES);
  }
}
