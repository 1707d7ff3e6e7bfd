package dev.whetstone.security;

import dev.whetstone.database.Audit;
import dev.whetstone.database.Database;
import dev.whetstone.database.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Rows of table {@code keys} for people whom a provider signs in. */
public final class PersonStore {
  private static final String KNOWN =
      "SELECT id, role, revoked_at IS NULL AS valid FROM keys WHERE issuer = ? AND subject = ?";

  private static final String INSERT =
      """
      INSERT INTO keys (id, role, users, hash, note, issuer, subject) VALUES (?, ?, ?, ?, ?, ?, ?)
      """;

  private record Known(String id, Role role, boolean valid) {}

  private final Database database;

  public PersonStore(Database database) {
    this.database = database;
  }

  /**
   * The key that a person's sessions belong to, with the role that the provider names now; empty
   * when an operator revoked it.
   *
   * @throws TooManyKeysException when there are as many valid ones as there can be
   */
  public Optional<ApiKey> signIn(Person person, Role role) {
    return database.transaction(
        connection -> {
          Sql.list(connection, _ -> true, KeyStore.LOCK);
          Optional<Known> known =
              Sql.first(
                  connection,
                  row ->
                      new Known(
                          row.getString("id"),
                          Role.of(row.getString("role")),
                          row.getBoolean("valid")),
                  KNOWN,
                  person.issuer(),
                  person.subject());
          if (known.isEmpty()) {
            return Optional.of(add(connection, person, role));
          }
          return known.filter(Known::valid).isEmpty()
              ? Optional.<ApiKey>empty()
              : Optional.of(change(connection, known.get(), person, role));
        });
  }

  private static ApiKey add(Connection connection, Person person, Role role) throws SQLException {
    KeyStore.requireRoom(connection);
    Sql.update(
        connection,
        INSERT,
        person.id(),
        role.label(),
        KeyUsers.PERSONAL.label(),
        // of a secret that is forgotten here: the row opens nothing but the person's sessions
        KeyFormat.hash(KeyFormat.generate(role)),
        person.name(),
        person.issuer(),
        person.subject());
    Audit.record(connection, person.id(), "person added", person.id(), null, "{}");
    return key(person.id(), role);
  }

  private static ApiKey change(Connection connection, Known known, Person person, Role role)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE keys SET role = ?, note = ? WHERE id = ?",
        role.label(),
        person.name(),
        known.id());
    if (known.role() != role) {
      // names of the enumeration, so nothing needs escaping
      String detail =
          "{\"from\": \"%s\", \"to\": \"%s\"}".formatted(known.role().label(), role.label());
      Audit.record(connection, known.id(), "role changed", known.id(), null, detail);
    }
    return key(known.id(), role);
  }

  private static ApiKey key(String id, Role role) {
    return new ApiKey(id, role, KeyUsers.PERSONAL);
  }
}
