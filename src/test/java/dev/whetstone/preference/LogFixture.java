package dev.whetstone.preference;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.preference.bulk.ImportReport;
import dev.whetstone.preference.bulk.PreferenceImport;
import dev.whetstone.preference.bulk.PreferenceReader;
import dev.whetstone.preference.trl.PairTokenizer;
import dev.whetstone.preference.trl.TrlFormat;
import dev.whetstone.preference.trl.TrlWriter;
import dev.whetstone.testing.SharedPostgres;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.TestRatings;
import dev.whetstone.testing.TestRatings.Rated;
import dev.whetstone.testing.TestRatings.Rater;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** A preference log on a real PostgreSQL, with the tiny model's tokenizer. */
public final class LogFixture implements AutoCloseable {
  public static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  static final PreferenceImport.ImportLimits BOUNDS =
      new PreferenceImport.ImportLimits(100, 4096, 3);

  public final Database database;
  public final InstantSource clock = InstantSource.fixed(NOW);
  public final PairTokenizer tokenizer;
  final PreferenceLog log;
  final PreferenceReader reader;
  private final AtomicLong lastPosition = new AtomicLong();

  public LogFixture() throws IOException {
    database = new Database(SharedPostgres.create());
    log = new PreferenceLog(database, clock);
    reader = new PreferenceReader(database, clock);
    Path model = TestModels.tiny().path();
    String template = Files.readString(model.resolve("chat_template.jinja"));
    tokenizer =
        new PairTokenizer(
            Tokenizer.open(model.resolve("tokenizer.json")),
            Optional.of(ChatTemplate.of(template, Map.of())),
            2,
            "base");
  }

  PreferenceImport importer() {
    return new PreferenceImport(
        database, clock, prefix -> prefix + "_" + id(), new ObjectMapper().reader(), BOUNDS);
  }

  public ImportReport importLines(byte[] file) throws IOException {
    return importLines(new java.io.ByteArrayInputStream(file));
  }

  public ImportReport importLines(String file) throws IOException {
    return importLines(file.getBytes(StandardCharsets.UTF_8));
  }

  public ImportReport importLines(InputStream file) throws IOException {
    return importer().run(file, tokenizer, "trainer_1");
  }

  public byte[] export(TrlFormat format, boolean tokens) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TrlWriter lines = new TrlWriter(out, format, tokens)) {
      reader.forEachDecidedPair(PreferenceFilter.ALL, format, lines::write);
    }
    return out.toByteArray();
  }

  public List<PreferenceRow> rows(PreferenceFilter filter) {
    return reader.page(filter, PreferenceReader.Order.OLDEST, null, 1000);
  }

  /** Stores a pair of two versions for the user and key of that name. */
  public String storePair(
      String user, String prompt, String a, String b, String versionA, String versionB) {
    String pairId = "pair_" + id();
    String messages = "[{\"role\":\"user\",\"content\":\"" + prompt + "\"}]";
    log.storePair(
        new Pair(
            pairId,
            user,
            user,
            new Pair.Prompt("<" + prompt + ">", new int[] {1, 2}, messages),
            new Side(a, new int[] {3, 2}, new float[] {-1, -1}, "stop", versionA, versionA),
            new Side(b, new int[] {4, 2}, new float[] {-2, -1}, "stop", versionB, versionB),
            "base",
            "{}",
            null,
            NOW.minusSeconds(3600).plusMillis(lastPosition.get()),
            NOW.plusSeconds(3600)));
    return pairId;
  }

  /** Inserts a vote without the checks of {@link PreferenceLog#vote}. */
  public String vote(String pairId, String user, String choice, String... tags) {
    String preferenceId = "pref_" + id();
    execute(
        """
        INSERT INTO preferences (preference_id, pair_id, key_id, user_id, choice, tags, recorded_at,
          policy_a, policy_b)
        SELECT ?, pair_id, ?, ?, ?, ?, ?, policy_a, policy_b FROM pairs WHERE pair_id = ?
        """,
        preferenceId,
        user,
        user,
        choice,
        tags,
        Timestamp.from(NOW.plusSeconds(lastPosition.get())),
        pairId);
    return preferenceId;
  }

  /** Inserts an answer to the user and key of that name, and its rating. */
  public void rate(String user, String prompt, String rating) {
    TestRatings.insert(
        database,
        "gen_" + id(),
        new Rater(user, user),
        new Rated("base", "v0", prompt, new int[] {1, 2}, new int[] {3, 2}),
        rating,
        NOW);
  }

  public void clear() {
    execute("DELETE FROM answers");
    execute("DELETE FROM pairs");
  }

  public void execute(String sql, Object... values) {
    database.statement(connection -> execute(connection, sql, values));
  }

  private static int execute(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  /** Skips positions in the order of time, for rows that a test inserts itself. */
  public void skipPositions(int places) {
    lastPosition.addAndGet(places);
  }

  private String id() {
    return "%06d".formatted(lastPosition.incrementAndGet());
  }

  @Override
  public void close() {
    tokenizer.tokenizer().close();
    database.close();
  }
}
