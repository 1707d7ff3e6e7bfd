package dev.whetstone.preference;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** The conditions of a WHERE clause, with the values of their parameters. */
public final class WhereClause {
  private final StringJoiner clause = new StringJoiner(" AND ");
  private final List<Object> values = new ArrayList<>();

  /** Adds a condition that has one {@code ?} for each value. */
  public WhereClause and(String condition, Object... parameters) {
    clause.add(condition);
    values.addAll(List.of(parameters));
    return this;
  }

  /** Adds a condition with a subquery, whose own conditions replace the {@code %s} in it. */
  public WhereClause andNested(String condition, WhereClause inner) {
    clause.add(condition.formatted(inner.sql()));
    values.addAll(inner.values);
    return this;
  }

  /** The clause without its WHERE; TRUE when there is no condition. */
  public String sql() {
    return clause.length() == 0 ? "TRUE" : clause.toString();
  }

  /** Sets the parameters; they must be the statement's first. */
  public void bind(PreparedStatement statement) throws SQLException {
    for (int i = 0; i < values.size(); i++) {
      Object value = values.get(i);
      statement.setObject(i + 1, value instanceof Instant at ? Timestamp.from(at) : value);
    }
  }
}
