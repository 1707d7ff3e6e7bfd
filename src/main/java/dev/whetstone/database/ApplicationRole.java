package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The role {@code whetstone_app}, which owns nothing and as which the application acts. A role
 * belongs to the whole server, so a dump of one database does not hold it: where it was restored
 * into another server, the role and its rights are made anew here.
 */
final class ApplicationRole {
  static final String NAME = "whetstone_app";

  private static final Logger LOG = Logger.getLogger(ApplicationRole.class);
  private static final Pattern RIGHTS =
      Pattern.compile("(?m)^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES)\\b[^;]*whetstone_app[^;]*;");

  private ApplicationRole() {}

  /**
   * Makes what is missing of the role, its rights, and this user's membership.
   *
   * @param owner a connection of the tables' owner
   * @param migrations the scripts that gave the rights, in order
   */
  static void ensure(Connection owner, List<String> migrations) throws SQLException {
    if (isComplete(owner)) {
      return;
    }
    owner.setAutoCommit(false);
    try {
      if (!holds(owner, "SELECT count(*) > 0 FROM pg_roles WHERE rolname = ?", NAME)) {
        Sql.update(owner, "CREATE ROLE " + NAME + " NOLOGIN");
      }
      if (!isMember(owner)) {
        Sql.update(owner, "GRANT " + NAME + " TO CURRENT_USER");
      }
      for (String statement : rights(migrations).toList()) {
        Sql.update(owner, statement);
      }
      owner.commit();
      LOG.infof("the role %s has its rights in this database again", NAME);
    } catch (SQLException | RuntimeException failed) {
      owner.rollback();
      throw failed;
    } finally {
      owner.setAutoCommit(true);
    }
  }

  private static boolean isComplete(Connection owner) throws SQLException {
    return holds(owner, "SELECT count(*) > 0 FROM pg_roles WHERE rolname = ?", NAME)
        && isMember(owner)
        && holds(owner, "SELECT has_table_privilege(?, 'public.keys', 'SELECT')", NAME);
  }

  private static boolean isMember(Connection owner) throws SQLException {
    return holds(owner, "SELECT pg_has_role(current_user, ?, 'MEMBER')", NAME);
  }

  private static boolean holds(Connection owner, String question, String value)
      throws SQLException {
    return Sql.first(owner, row -> row.getBoolean(1), question, value).orElse(false);
  }

  /** What the migrations gave and took, once for the tables that are there already. */
  private static Stream<String> rights(List<String> migrations) {
    Stream<String> all =
        Stream.of(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + NAME,
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + NAME,
            "REVOKE ALL ON flyway_schema_history FROM " + NAME);
    return Stream.concat(
        all,
        migrations.stream().flatMap(text -> RIGHTS.matcher(text).results().map(r -> r.group())));
  }
}
