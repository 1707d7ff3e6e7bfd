package dev.whetstone.preference.bulk;

import com.fasterxml.jackson.databind.ObjectReader;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.Pair;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.PreferenceLog;
import dev.whetstone.preference.Side;
import dev.whetstone.preference.trl.LineReader;
import dev.whetstone.preference.trl.PairFormatException;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.preference.trl.TrlPair;
import dev.whetstone.preference.trl.TrlReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Imports pairs from a file into the log, one transaction a batch. A line whose prompt, chosen and
 * rejected texts the log has already is skipped. Each line stands for one vote, so a file with a
 * line twice adds two votes, and none when it is imported again.
 */
public final class PreferenceImport {
  /** The version name of an imported side. */
  public static final String POLICY = "imported";

  /**
   * Limits of an import.
   *
   * @param batchSize lines of a transaction
   * @param maxLineBytes bytes of a line
   * @param maxErrors invalid lines that are reported one by one
   */
  public record ImportLimits(int batchSize, int maxLineBytes, int maxErrors) {
    /** The limits that the settings give. */
    public static ImportLimits of(PreferenceConfig config) {
      return new ImportLimits(
          config.importBatch(),
          Math.toIntExact(config.importLine().asLongValue()),
          config.importErrors());
    }
  }

  // The k-th stored vote with a content matches the k-th line with that content.
  private static final String CLAIM_EXISTING =
      """
      WITH line AS (
        SELECT n, content, chosen, row_number() OVER (PARTITION BY content, chosen ORDER BY n) AS k
        FROM (
          SELECT n, chosen, pair_content(prompt, chosen, rejected) AS content
          FROM unnest(?::text[], ?::text[], ?::text[])
            WITH ORDINALITY AS file (prompt, chosen, rejected, n)) AS named),
      vote AS (
        SELECT v.preference_id, p.content,
          CASE v.choice WHEN 'a' THEN p.text_a ELSE p.text_b END AS chosen, v.seq
        FROM pairs p JOIN preferences v USING (pair_id)
        WHERE p.content IN (SELECT content FROM line) AND v.choice IN ('a', 'b')
          AND v.last_import IS DISTINCT FROM ?),
      there AS (
        SELECT *, row_number() OVER (PARTITION BY content, chosen ORDER BY seq) AS k FROM vote)
      UPDATE preferences v SET last_import = ?
      FROM there JOIN line USING (content, chosen, k)
      WHERE v.preference_id = there.preference_id
      RETURNING line.n
      """;

  private static final String VOTE =
      """
      INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, recorded_at,
        last_import, imported, policy_a, policy_b)
      VALUES (?, ?, ?, ?, ?, ?, ?, true, ?, ?)
      """;

  // Any number that no other advisory lock uses.
  private static final long LOCK = 0x7765_7473_746f_6e65L;

  private final Database database;
  private final InstantSource clock;
  private final UnaryOperator<String> ids;
  private final ObjectReader json;
  private final ImportLimits limits;

  /**
   * Creates an importer.
   *
   * @param ids makes a random id with the given prefix
   * @param json must reject what is not strictly JSON
   */
  public PreferenceImport(
      Database database,
      InstantSource clock,
      UnaryOperator<String> ids,
      ObjectReader json,
      ImportLimits bounds) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.json = json;
    this.limits = bounds;
  }

  /**
   * Imports a stream of JSON lines to its end. When this throws, the batches before stay committed,
   * and the same file may be imported again.
   *
   * @param keyId the key of the request: becomes the imported votes' key and user
   * @throws IOException when the stream breaks off
   * @throws ImportRunningException when another import is running
   */
  public ImportReport run(InputStream file, PairTokenizer tokenizer, String keyId)
      throws IOException {
    try {
      return database.statement(
          connection -> {
            // The connection holds the lock, so it ends with this process, too.
            if (!lock(connection, "pg_try_advisory_lock")) {
              throw new ImportRunningException();
            }
            try {
              return read(file, tokenizer, keyId);
            } catch (IOException broken) {
              throw new UncheckedIOException(broken);
            } finally {
              lock(connection, "pg_advisory_unlock");
            }
          });
    } catch (UncheckedIOException broken) {
      throw broken.getCause();
    }
  }

  private static boolean lock(Connection connection, String function) throws SQLException {
    String call = "SELECT " + function + "(?)";
    return Sql.first(connection, row -> row.getBoolean(1), call, LOCK).orElseThrow();
  }

  private ImportReport read(InputStream file, PairTokenizer tokenizer, String keyId)
      throws IOException {
    Progress progress = new Progress(ids.apply("imp"), keyId);
    LineReader lines = new LineReader(file, limits.maxLineBytes());
    TrlReader reader = new TrlReader(json, tokenizer.template());
    List<TrlPair> batch = new ArrayList<>();
    boolean hasMore = true;
    while (hasMore) {
      try {
        String line = lines.next();
        hasMore = line != null;
        if (line != null && !line.isBlank()) {
          TrlPair pair = reader.read(line);
          batch.add(pair.withTokens(tokenizer.tokenize(pair)));
        }
      } catch (PairFormatException bad) {
        progress.reject(lines.lineNumber(), String.valueOf(bad.getMessage()));
      }
      if (batch.size() == limits.batchSize() || (!hasMore && !batch.isEmpty())) {
        int added = store(batch, tokenizer.baseHash(), progress);
        progress.imported += added;
        progress.skipped += batch.size() - added;
        batch.clear();
      }
    }
    return progress.report();
  }

  private int store(List<TrlPair> batch, String baseHash, Progress progress) {
    return database.transaction(
        connection -> {
          Set<Integer> existing = claimExisting(connection, batch, progress.importId);
          List<TrlPair> added = new ArrayList<>();
          for (int i = 0; i < batch.size(); i++) {
            if (!existing.contains(i)) {
              added.add(batch.get(i));
            }
          }
          insert(connection, added, baseHash, progress);
          return added.size();
        });
  }

  private static Set<Integer> claimExisting(
      Connection connection, List<TrlPair> batch, String importId) throws SQLException {
    return Set.copyOf(
        Sql.list(
            connection,
            row -> row.getInt(1) - 1,
            CLAIM_EXISTING,
            batch.stream().map(TrlPair::prompt).toArray(String[]::new),
            batch.stream().map(TrlPair::chosen).toArray(String[]::new),
            batch.stream().map(TrlPair::rejected).toArray(String[]::new),
            importId,
            importId));
  }

  private void insert(
      Connection connection, List<TrlPair> added, String baseHash, Progress progress)
      throws SQLException {
    Instant now = clock.instant();
    List<Pair> pairs = new ArrayList<>();
    try (PreparedStatement vote = connection.prepareStatement(VOTE)) {
      for (TrlPair line : added) {
        boolean chosenFirst = (line.chosen().hashCode() ^ line.rejected().hashCode()) % 2 == 0;
        Pair pair = pair(line, chosenFirst, baseHash, progress.keyId, now);
        pairs.add(pair);
        vote.setString(1, ids.apply("pref"));
        vote.setString(2, pair.pairId());
        vote.setString(3, progress.keyId);
        vote.setString(4, progress.keyId);
        vote.setString(5, (chosenFirst ? new Choice.A() : new Choice.B()).label());
        vote.setTimestamp(6, Timestamp.from(now));
        vote.setString(7, progress.importId);
        vote.setString(8, POLICY);
        vote.setString(9, POLICY);
        vote.addBatch();
      }
      PreferenceLog.insertPairs(connection, pairs, true);
      vote.executeBatch();
    }
  }

  private Pair pair(TrlPair line, boolean chosenFirst, String baseHash, String keyId, Instant now) {
    TrlPair.Tokens tokens = Objects.requireNonNull(line.tokens());
    Side chosen = side(line.chosen(), tokens.chosen());
    Side rejected = side(line.rejected(), tokens.rejected());
    return new Pair(
        ids.apply("pair"),
        keyId,
        keyId,
        new Pair.Prompt(line.prompt(), tokens.prompt(), ConversationJson.write(line.messages())),
        chosenFirst ? chosen : rejected,
        chosenFirst ? rejected : chosen,
        baseHash,
        "{}",
        null,
        now,
        // An imported pair is stored with its vote and closed to other votes.
        now.plusMillis(1));
  }

  private static Side side(String text, int[] ids) {
    return new Side(text, ids, new float[0], "stop", POLICY, POLICY);
  }

  private final class Progress {
    private final String importId;
    private final String keyId;
    private final List<ImportReport.BadLine> errors = new ArrayList<>();
    private long imported;
    private long skipped;
    private long rejected;

    Progress(String importId, String keyId) {
      this.importId = importId;
      this.keyId = keyId;
    }

    void reject(long line, String why) {
      rejected++;
      if (errors.size() < limits.maxErrors()) {
        errors.add(new ImportReport.BadLine(line, why));
      }
    }

    ImportReport report() {
      return new ImportReport(
          importId,
          imported + skipped + rejected,
          imported,
          skipped,
          rejected,
          List.copyOf(errors));
    }
  }
}
