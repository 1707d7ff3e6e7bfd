package dev.whetstone.policy;

import dev.whetstone.database.Notifications;
import dev.whetstone.database.Sql;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Changes the aliases of a base. The row, its append-only history, the audit entry and the
 * notification are all written in the caller's transaction.
 */
public final class AliasStore {
  /** The notification channel of every change. */
  public static final String CHANNEL = "whetstone_policies";

  private static final String READ =
      """
      SELECT revision, 'v' || champion AS champion, 'v' || candidate AS candidate,
        'v' || previous AS previous
      FROM aliases WHERE base_hash = ?
      """;

  private static final String UPDATE =
      """
      WITH flipped AS (
        UPDATE aliases SET revision = revision + 1, champion = ?, candidate = ?, previous = ?,
          changed_at = now()
        WHERE base_hash = ? RETURNING base_hash, revision, champion, candidate, previous)
      INSERT INTO alias_history (base_hash, revision, champion, candidate, previous, actor, action,
        reason)
      SELECT flipped.*, ?, ?, ? FROM flipped
      """;

  private static final String CHAMPION_BEFORE =
      """
      SELECT 'v' || h.previous AS version, p.rolled_back_at IS NOT NULL AS rolled_back
      FROM alias_history h JOIN policies p ON p.base_hash = h.base_hash AND p.number = h.previous
      WHERE h.base_hash = ? AND 'v' || h.champion = ? AND h.action = 'promote'
      ORDER BY h.revision DESC LIMIT 1
      """;

  private static final String LAST_CHAMPIONS =
      """
      SELECT 'v' || champion FROM alias_history WHERE base_hash = ?
      GROUP BY champion ORDER BY max(revision) DESC LIMIT ?
      """;

  /** How the aliases were changed, as their history names it. */
  public enum Action implements Labelled {
    PROMOTE,
    ROLLBACK,
    /** The candidate was set or cleared. */
    NOMINATE
  }

  /**
   * The aliases after a call.
   *
   * @param changed false when they were so already
   */
  public record AliasChange(Aliases aliases, boolean changed) {}

  private final PolicyStore store;

  public AliasStore(PolicyStore store) {
    this.store = store;
  }

  /** Reads the current aliases. */
  public Aliases read(Connection connection) throws SQLException {
    return read(connection, READ);
  }

  private Aliases read(Connection connection, String sql) throws SQLException {
    Optional<Aliases> aliases = Sql.first(connection, AliasStore::aliases, sql, store.baseHash());
    if (aliases.isEmpty()) {
      store.open(connection);
      aliases = Sql.first(connection, AliasStore::aliases, sql, store.baseHash());
    }
    return aliases.orElseThrow();
  }

  /** Locks the row until the transaction ends, so that changes of the aliases are serialized. */
  public Aliases lock(Connection connection) throws SQLException {
    return read(connection, READ + "FOR UPDATE");
  }

  /**
   * When a version was last promoted.
   *
   * @param revision of the aliases that it began with; 0 for a version that never was
   */
  public record Promotion(long revision, Instant at) {}

  /** The last promotion of a version; v0 serves from the beginning. */
  public Promotion lastPromotion(Connection connection, String version) throws SQLException {
    return Sql.first(
            connection,
            row -> new Promotion(row.getLong("revision"), Sql.instant(row, "at")),
            "SELECT revision, at FROM alias_history WHERE base_hash = ? AND champion = ?"
                + " AND action = 'promote' ORDER BY revision DESC LIMIT 1",
            store.baseHash(),
            PolicyStore.number(version))
        .orElse(new Promotion(0, Instant.EPOCH));
  }

  /** Whether a champion was rolled back after a revision of the aliases. */
  public boolean rolledBackSince(Connection connection, long revision) throws SQLException {
    return Sql.first(
            connection,
            row -> 1,
            "SELECT FROM alias_history WHERE base_hash = ? AND revision > ? AND action = 'rollback'",
            store.baseHash(),
            revision)
        .isPresent();
  }

  /**
   * A change of the champion.
   *
   * @param version the new champion
   * @param action {@link Action#PROMOTE} or {@link Action#ROLLBACK}
   */
  public record ChampionChange(
      String version, Action action, String actor, @Nullable String reason, Instant at) {}

  /** The newest promotion or rollback; empty while the first champion serves. */
  public Optional<ChampionChange> lastChampionChange(Connection connection) throws SQLException {
    return Sql.first(
        connection,
        row ->
            new ChampionChange(
                row.getString("version"),
                EnumNames.parse("action", row.getString("action"), Action.values()),
                row.getString("actor"),
                row.getString("reason"),
                Sql.instant(row, "at")),
        "SELECT 'v' || champion AS version, action, actor, reason, at FROM alias_history"
            + " WHERE base_hash = ? AND action IN ('promote', 'rollback')"
            + " ORDER BY revision DESC LIMIT 1",
        store.baseHash());
  }

  /** How often a champion was made by an action. */
  public long championChanges(Connection connection, Action action) throws SQLException {
    return Sql.first(
            connection,
            row -> row.getLong(1),
            "SELECT count(*) FROM alias_history WHERE base_hash = ? AND action = ?",
            store.baseHash(),
            action.label())
        .orElse(0L);
  }

  /** The versions that were most recently champion, the current one first. */
  public List<String> lastChampions(Connection connection, int count) throws SQLException {
    return Sql.list(connection, row -> row.getString(1), LAST_CHAMPIONS, store.baseHash(), count);
  }

  /**
   * Makes a version the champion and its status READY, even when it was rolled back before.
   *
   * @throws PolicyException.Unknown when there is no such version
   */
  public AliasChange promote(Connection connection, String version, ChangeContext by)
      throws SQLException {
    Aliases now = lock(connection);
    PolicyRecord row = store.require(connection, version);
    if (row.version().equals(now.champion())) {
      return new AliasChange(now, false);
    }
    String candidate = row.version().equals(now.candidate()) ? null : now.candidate();
    markReady(connection, row.version());
    PolicyAudit.write(connection, by, Action.PROMOTE.label(), row.version());
    return update(connection, row.version(), candidate, now.champion(), Action.PROMOTE, by);
  }

  /**
   * Makes an earlier version the champion again and marks the current one as rolled back. {@code
   * previous} becomes what was champion when that version was promoted, so that a second rollback
   * goes further back. A candidate that descends from a rolled-back version gets the status HELD.
   *
   * @param to a version or hash; null for {@code previous}
   * @throws PolicyException.NoPreviousVersion when there is no previous version
   * @throws PolicyException.Unknown when there is no such version
   */
  public AliasChange rollBack(Connection connection, @Nullable String to, ChangeContext by)
      throws SQLException {
    Aliases now = lock(connection);
    String wanted = to == null ? now.previous() : to;
    if (wanted == null) {
      throw new PolicyException.NoPreviousVersion(now.champion());
    }
    String version = store.require(connection, wanted).version();
    if (version.equals(now.champion())) {
      return new AliasChange(now, false);
    }
    Sql.update(
        connection,
        "UPDATE policies SET rolled_back_at = now() WHERE base_hash = ? AND version = ? AND number > 0",
        store.baseHash(),
        now.champion());
    markReady(connection, version);
    String candidate =
        version.equals(now.candidate()) ? null : candidateAfterRollback(connection, now, by);
    PolicyAudit.write(connection, by, Action.ROLLBACK.label(), version);
    return update(
        connection, version, candidate, championBefore(connection, version), Action.ROLLBACK, by);
  }

  /**
   * What was champion when a version was promoted: promotions push onto a stack and rollbacks pop
   * from it. Versions that were rolled back since are skipped.
   */
  private @Nullable String championBefore(Connection connection, String version)
      throws SQLException {
    record Step(String version, boolean rolledBack) {}
    Set<String> seen = new HashSet<>();
    String at = version;
    while (seen.add(at)) {
      Optional<Step> before =
          Sql.first(
              connection,
              row -> new Step(row.getString("version"), row.getBoolean("rolled_back")),
              CHAMPION_BEFORE,
              store.baseHash(),
              at);
      if (before.isEmpty()) {
        return version.equals("v0") || at.equals("v0") ? null : "v0";
      }
      at = before.get().version();
      if (!before.get().rolledBack() && !at.equals(version)) {
        return at;
      }
    }
    return null;
  }

  private @Nullable String candidateAfterRollback(
      Connection connection, Aliases now, ChangeContext by) throws SQLException {
    String candidate = now.candidate();
    if (candidate == null) {
      return null;
    }
    Optional<String> rolledBack = store.rolledBackAncestor(connection, candidate);
    if (rolledBack.isEmpty()) {
      return candidate;
    }
    String reason = "it was trained on top of " + rolledBack.get() + ", which was rolled back";
    store.setStatus(
        connection, candidate, PolicyStatus.HELD, new ChangeContext(by.actor(), reason));
    return null;
  }

  /**
   * Makes a version the candidate; null clears the candidate.
   *
   * @throws PolicyException.Unknown when there is no such version
   */
  public AliasChange setCandidate(Connection connection, @Nullable String version, ChangeContext by)
      throws SQLException {
    Aliases now = lock(connection);
    String next = version == null ? null : store.require(connection, version).version();
    if (Objects.equals(next, now.candidate()) || now.champion().equals(next)) {
      return new AliasChange(now, false);
    }
    PolicyAudit.write(
        connection,
        by,
        next == null ? "dismiss" : "nominate",
        next == null ? now.candidate() : next);
    return update(connection, now.champion(), next, now.previous(), Action.NOMINATE, by);
  }

  private void markReady(Connection connection, String version) throws SQLException {
    Sql.update(
        connection,
        "UPDATE policies SET status = 'ready', status_reason = NULL, rolled_back_at = NULL"
            + " WHERE base_hash = ? AND version = ?",
        store.baseHash(),
        version);
  }

  private AliasChange update(
      Connection connection,
      String champion,
      @Nullable String candidate,
      @Nullable String previous,
      Action action,
      ChangeContext by)
      throws SQLException {
    Sql.update(
        connection,
        UPDATE,
        PolicyStore.number(champion),
        candidate == null ? null : PolicyStore.number(candidate),
        previous == null ? null : PolicyStore.number(previous),
        store.baseHash(),
        by.actor(),
        action.label(),
        by.reason());
    Notifications.send(connection, CHANNEL);
    return new AliasChange(read(connection), true);
  }

  private static Aliases aliases(ResultSet row) throws SQLException {
    return new Aliases(
        row.getLong("revision"),
        row.getString("champion"),
        row.getString("candidate"),
        row.getString("previous"));
  }
}
