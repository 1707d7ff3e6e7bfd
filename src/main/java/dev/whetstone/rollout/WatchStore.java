package dev.whetstone.rollout;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.policy.PolicyRecord;
import dev.whetstone.rollout.evidence.VoteEvidence;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The watches of one base model. */
public final class WatchStore {
  private static final String COLUMNS =
      """
      SELECT watch_id, champion, champion_hash, against, against_hash, of_predecessor, promotion,
        evidence_after, wins, losses, ties, both_bad, win_rate, win_rate_low, win_rate_high, began_at
      FROM watches
      """;

  /** What the outcome of a watch begins with that took its champion back. */
  static final String ROLLED_BACK = "rolled back: ";

  private static final String OPEN =
      """
      INSERT INTO watches (base_hash, champion, champion_hash, against, against_hash,
        of_predecessor, promotion, evidence_after)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (base_hash, champion_hash, against_hash, promotion)
        DO UPDATE SET ended_at = NULL, outcome = NULL, of_predecessor = excluded.of_predecessor
      """;

  private static final String SAVE =
      """
      UPDATE watches SET wins = ?, losses = ?, ties = ?, both_bad = ?, win_rate = ?,
        win_rate_low = ?, win_rate_high = ?
      WHERE watch_id = ?
      """;

  private final Database database;
  private final String baseHash;

  WatchStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  /** The watches under way. */
  public List<Watch> active() {
    return database.statement(this::active);
  }

  List<Watch> active(Connection connection) throws SQLException {
    return Sql.list(
        connection,
        WatchStore::watch,
        COLUMNS + "WHERE base_hash = ? AND ended_at IS NULL ORDER BY began_at",
        baseHash);
  }

  /** The newest comparison of each version with v0, under way or ended. */
  public Optional<Watch> overBase(String version) {
    return database.first(
        WatchStore::watch,
        COLUMNS
            + "WHERE base_hash = ? AND champion = ? AND against_hash = ?"
            + " ORDER BY promotion DESC LIMIT 1",
        baseHash,
        version,
        baseHash);
  }

  /** The newest comparison with v0 of each version that has one, newest version first. */
  public List<Watch> overBase() {
    return database
        .list(
            WatchStore::watch,
            "SELECT DISTINCT ON (champion) * FROM watches"
                + " WHERE base_hash = ? AND against_hash = ? ORDER BY champion, promotion DESC",
            baseHash,
            baseHash)
        .stream()
        .sorted(Comparator.comparingLong(Watch::promotion).reversed())
        .toList();
  }

  /** How many champions watches took back. */
  public long rollbacks() {
    return database
        .first(
            row -> row.getLong(1),
            "SELECT count(*) FROM watches WHERE base_hash = ? AND starts_with(outcome, ?)",
            baseHash,
            ROLLED_BACK)
        .orElse(0L);
  }

  void open(
      Connection connection,
      PolicyRecord champion,
      PolicyRecord against,
      boolean ofPredecessor,
      long promotion,
      long after)
      throws SQLException {
    Sql.update(
        connection,
        OPEN,
        baseHash,
        champion.version(),
        champion.hash(),
        against.version(),
        against.hash(),
        ofPredecessor,
        promotion,
        after);
  }

  void end(Connection connection, Watch watch, String outcome) throws SQLException {
    Sql.update(
        connection,
        "UPDATE watches SET ended_at = now(), outcome = ? WHERE watch_id = ? AND ended_at IS NULL",
        outcome,
        watch.id());
  }

  void save(
      Connection connection, Watch watch, EvidenceStore.Counts counts, Watch.@Nullable WinRate rate)
      throws SQLException {
    Sql.update(
        connection,
        SAVE,
        counts.wins(),
        counts.losses(),
        counts.ties(),
        counts.bothBad(),
        rate == null ? null : (Double) rate.rate(),
        rate == null ? null : (Double) rate.low(),
        rate == null ? null : (Double) rate.high(),
        watch.id());
  }

  private static Watch watch(ResultSet row) throws SQLException {
    Double rate = row.getObject("win_rate", Double.class);
    VoteEvidence evidence = new VoteEvidence(row.getInt("wins"), row.getInt("losses"));
    int ties = row.getInt("ties");
    return new Watch(
        row.getString("watch_id"),
        row.getString("champion"),
        row.getString("champion_hash"),
        row.getString("against"),
        row.getString("against_hash"),
        row.getBoolean("of_predecessor"),
        row.getLong("promotion"),
        row.getLong("evidence_after"),
        evidence,
        ties,
        row.getInt("both_bad"),
        rate == null
            ? null
            : new Watch.WinRate(
                rate,
                row.getDouble("win_rate_low"),
                row.getDouble("win_rate_high"),
                evidence.votes() + ties),
        Sql.instant(row, "began_at"));
  }
}
