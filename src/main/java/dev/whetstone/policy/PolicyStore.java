package dev.whetstone.policy;

import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.settings.EnumNames;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Stores the versions of one base: numbered v1, v2, … without gaps, identified by a content hash,
 * never deleted. v0, the base alone, always exists once the store is open.
 */
public final class PolicyStore {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9]{1,64}");

  /** Bytes of an adapter that are read at once. */
  private static final int PIECE = 4 << 20;

  private static final String COLUMNS =
      """
      SELECT p.version, p.hash, p.base_hash, p.rank, p.alpha, p.target_modules,
        'v' || p.parent AS parent, p.run_id, p.data_hash, p.status, p.status_reason,
        p.rolled_back_at, p.created_at
      FROM policies p
      """;

  // One statement, so that it is whole also where each commits by itself.
  private static final String OPEN =
      """
      WITH base AS (
        INSERT INTO policies (base_hash, number, hash, status) VALUES (?, 0, ?, 'ready')
        ON CONFLICT DO NOTHING),
      fresh AS (
        INSERT INTO aliases (base_hash, revision, champion) VALUES (?, 0, 0)
        ON CONFLICT DO NOTHING RETURNING base_hash)
      INSERT INTO alias_history (base_hash, revision, champion, actor, action)
      SELECT base_hash, 0, 0, 'whetstone', 'open' FROM fresh
      """;

  private static final String INSERT =
      """
      INSERT INTO policies (base_hash, number, hash, rank, alpha, target_modules, adapter, parent,
        run_id, data_hash, status)
      SELECT ?, 1 + max(number), ?, ?, ?, ?, ?, ?, ?, ?, ? FROM policies WHERE base_hash = ?
      """;

  private static final String ANCESTORS =
      """
      WITH RECURSIVE line AS (
        SELECT number, parent, version, rolled_back_at FROM policies
        WHERE base_hash = ? AND version = ?
        UNION
        SELECT p.number, p.parent, p.version, p.rolled_back_at
        FROM policies p JOIN line ON p.number = line.parent WHERE p.base_hash = ?)
      SELECT version FROM line WHERE rolled_back_at IS NOT NULL ORDER BY number DESC LIMIT 1
      """;

  /**
   * The version that holds an adapter.
   *
   * @param created false when a version with this content existed before
   */
  public record Registration(PolicyRecord row, boolean created) {}

  private final Database database;
  private final String baseHash;

  /** Creates the store; {@link #open} must be called before use. */
  public PolicyStore(Database database, String baseHash) {
    this.database = database;
    this.baseHash = baseHash;
  }

  public Database database() {
    return database;
  }

  public String baseHash() {
    return baseHash;
  }

  /** Inserts v0 and makes it the champion where they are missing; every process calls it. */
  public void open() {
    database.transaction(this::open);
  }

  /** Does so in the caller's transaction: a database that came late may be asked before. */
  int open(Connection connection) throws SQLException {
    return Sql.update(connection, OPEN, baseHash, baseHash, baseHash);
  }

  /**
   * Stores an adapter under the next number, or finds the version with the same content.
   *
   * @throws PolicyException.Unknown when the parent does not exist
   */
  public Registration register(
      LoraAdapter adapter, Provenance provenance, PolicyStatus status, ChangeContext by) {
    return database.transaction(
        connection -> register(connection, adapter, provenance, status, by));
  }

  /** Registers an adapter, as above, in the caller's transaction. */
  public Registration register(
      Connection connection,
      LoraAdapter adapter,
      Provenance provenance,
      PolicyStatus status,
      ChangeContext by)
      throws SQLException {
    String hash = PeftFiles.hash(adapter);
    // Registrations are serialized so that numbers have no gaps; alias changes do not wait for
    // this.
    Sql.first(
        connection,
        row -> "",
        "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))",
        "whetstone.policies." + baseHash);
    Optional<PolicyRecord> same = find(connection, hash);
    if (same.isPresent()) {
      return new Registration(same.get(), false);
    }
    if (find(connection, baseHash).isEmpty()) {
      open(connection);
    }
    String parent =
        provenance.parent() == null ? null : require(connection, provenance.parent()).version();
    Provenance known = new Provenance(parent, provenance.runId(), provenance.dataHash());
    insert(connection, adapter, hash, known, status);
    PolicyRecord row = require(connection, hash);
    PolicyAudit.write(connection, by, "register", row.version());
    return new Registration(row, true);
  }

  private void insert(
      Connection connection,
      LoraAdapter adapter,
      String hash,
      Provenance provenance,
      PolicyStatus status)
      throws SQLException {
    Sql.update(
        connection,
        INSERT,
        baseHash,
        hash,
        adapter.rank(),
        adapter.alpha(),
        targetModules(adapter).toArray(new String[0]),
        PeftFiles.tensors(adapter),
        provenance.parent() == null ? null : number(provenance.parent()),
        provenance.runId(),
        provenance.dataHash(),
        status.label(),
        baseHash);
  }

  private static SequencedSet<String> targetModules(LoraAdapter adapter) {
    return adapter.modules().keySet().stream()
        .map(name -> name.substring(name.lastIndexOf('.') + 1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Finds a version by its name or hash. */
  public Optional<PolicyRecord> find(String nameOrHash) {
    return database.statement(connection -> find(connection, nameOrHash));
  }

  /** Finds a version, as {@link #find(String)}, in the caller's transaction. */
  public Optional<PolicyRecord> find(Connection connection, String nameOrHash) throws SQLException {
    // Do not query for what cannot be a name: PostgreSQL rejects some strings, such as U+0000.
    if (!NAME.matcher(nameOrHash).matches()) {
      return Optional.empty();
    }
    return Sql.first(
        connection,
        PolicyStore::row,
        COLUMNS + "WHERE p.base_hash = ? AND (p.version = ? OR p.hash = ?)",
        baseHash,
        nameOrHash,
        nameOrHash);
  }

  /**
   * Finds a version that must exist.
   *
   * @throws PolicyException.Unknown when it does not
   */
  public PolicyRecord require(String nameOrHash) {
    return database.statement(connection -> require(connection, nameOrHash));
  }

  /** Finds a version, as {@link #require(String)}, in the caller's transaction. */
  public PolicyRecord require(Connection connection, String nameOrHash) throws SQLException {
    return find(connection, nameOrHash).orElseThrow(() -> new PolicyException.Unknown(nameOrHash));
  }

  /**
   * Lists versions, newest first.
   *
   * @param before only versions with a smaller number
   */
  public List<PolicyRecord> page(long before, int limit) {
    return database.list(
        PolicyStore::row,
        COLUMNS + "WHERE p.base_hash = ? AND p.number < ? ORDER BY p.number DESC LIMIT ?",
        baseHash,
        before,
        limit);
  }

  /**
   * Reads a version's adapter from its row and verifies it.
   *
   * @throws PolicyException.Refused when the adapter is damaged or does not have the row's hash
   */
  public Policy load(PolicyRecord row) {
    if (row.rank() == null || row.alpha() == null) {
      return new Policy(row.version(), row.hash(), null);
    }
    // large tensors are read by several threads
    try (Arena arena = Arena.ofShared()) {
      MemorySegment bytes = read(row, arena);
      return verify(row.version(), row.hash(), bytes, row.rank(), row.alpha());
    }
  }

  /**
   * Bytes of a version's stored adapter; 0 for the base.
   *
   * @throws PolicyException.Unknown when there is no such version
   */
  public long size(PolicyRecord row) {
    return database
        .first(
            r -> r.getLong(1),
            "SELECT coalesce(octet_length(adapter), 0) FROM policies"
                + " WHERE base_hash = ? AND version = ?",
            baseHash,
            row.version())
        .orElseThrow(() -> new PolicyException.Unknown(row.version()));
  }

  // In pieces and outside the heap: the driver holds a value several times.
  private MemorySegment read(PolicyRecord row, Arena arena) {
    long size = size(row);
    MemorySegment bytes = arena.allocate(size);
    for (long at = 0; at < size; at += PIECE) {
      byte[] piece =
          database
              .first(
                  r -> r.getBytes(1),
                  "SELECT substring(adapter FROM ? FOR ?) FROM policies"
                      + " WHERE base_hash = ? AND version = ?",
                  (int) at + 1,
                  PIECE,
                  baseHash,
                  row.version())
              .orElseThrow(() -> new PolicyException.Unknown(row.version()));
      MemorySegment.copy(
          MemorySegment.ofArray(piece), 0, bytes, at, Math.min(piece.length, size - at));
    }
    return bytes;
  }

  /**
   * Parses an adapter and checks its hash.
   *
   * @throws PolicyException.Refused when the bytes are damaged or have another hash
   */
  static Policy verify(String version, String hash, MemorySegment bytes, int rank, double alpha) {
    try {
      LoraAdapter adapter = PeftFiles.read(bytes, rank, alpha);
      String actual = PeftFiles.hash(adapter);
      if (!actual.equals(hash)) {
        throw new PolicyException.Refused(
            version, "its content has the hash " + actual + ", not " + hash);
      }
      return new Policy(version, hash, adapter);
    } catch (IllegalArgumentException damaged) {
      throw new PolicyException.Refused(version, String.valueOf(damaged.getMessage()));
    }
  }

  /** Sets a version's status, with the reason of the change, and audits it. */
  public PolicyRecord setStatus(
      Connection connection, String version, PolicyStatus status, ChangeContext by)
      throws SQLException {
    require(connection, version);
    Sql.update(
        connection,
        "UPDATE policies SET status = ?, status_reason = ? WHERE base_hash = ? AND version = ?",
        status.label(),
        by.reason(),
        baseHash,
        version);
    PolicyAudit.write(connection, by, status.label(), version);
    return require(connection, version);
  }

  /**
   * The nearest rolled-back version among a version and its ancestors; descendants of one are not
   * promoted automatically.
   */
  public Optional<String> rolledBackAncestor(Connection connection, String version)
      throws SQLException {
    return Sql.first(connection, row -> row.getString(1), ANCESTORS, baseHash, version, baseHash);
  }

  /** The number of a version: 7 for v7. */
  public static int number(String version) {
    return Integer.parseInt(version.substring(1));
  }

  private static PolicyRecord row(ResultSet row) throws SQLException {
    return new PolicyRecord(
        row.getString("version"),
        row.getString("hash"),
        row.getString("base_hash"),
        row.getObject("rank", Integer.class),
        row.getObject("alpha", Double.class),
        Stream.of((Object[]) row.getArray("target_modules").getArray())
            .map(Objects::toString)
            .toList(),
        new Provenance(
            row.getString("parent"), row.getString("run_id"), row.getString("data_hash")),
        EnumNames.parse("status", row.getString("status"), PolicyStatus.values()),
        row.getString("status_reason"),
        Sql.instantOrNull(row, "rolled_back_at"),
        Sql.instant(row, "created_at"));
  }
}
