package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Answers that are given again when the same request comes twice
 * (draft-ietf-httpapi-idempotency-key-header); kept for a day.
 */
public final class IdempotencyKeys {
  /** What a request was answered. */
  public record Answer(int status, String body) {}

  /** The key stands for another request. */
  public static final class ReusedException extends RuntimeException {
    ReusedException(String key) {
      super("the Idempotency-Key '" + key + "' was used for another request");
    }
  }

  private record Stored(byte[] requestHash, Answer answer) {}

  private IdempotencyKeys() {}

  /**
   * Does the work, unless this owner's key has an answer. The answer is committed with the work; a
   * second request waits for the first.
   *
   * @param owner whose key it is: another owner's equal key is another key
   * @param requestHash of everything the answer depends on
   * @throws ReusedException when the key stands for another request
   */
  public static Answer once(
      Connection connection,
      String owner,
      String key,
      byte[] requestHash,
      Database.Work<Answer> work)
      throws SQLException {
    Sql.update(
        connection, "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'");
    int fresh =
        Sql.update(
            connection,
            "INSERT INTO idempotency_keys (owner, key, request_hash) VALUES (?, ?, ?)"
                + " ON CONFLICT DO NOTHING",
            owner,
            key,
            requestHash);
    if (fresh == 0) {
      return stored(connection, owner, key, requestHash);
    }
    Answer answer = work.run(connection);
    Sql.update(
        connection,
        "UPDATE idempotency_keys SET status = ?, body = ? WHERE owner = ? AND key = ?",
        answer.status(),
        answer.body(),
        owner,
        key);
    return answer;
  }

  private static Answer stored(Connection connection, String owner, String key, byte[] requestHash)
      throws SQLException {
    Optional<Stored> found =
        Sql.first(
            connection,
            row ->
                new Stored(
                    row.getBytes(1), new Answer(row.getInt(2), String.valueOf(row.getString(3)))),
            "SELECT request_hash, status, body FROM idempotency_keys WHERE owner = ? AND key = ?",
            owner,
            key);
    if (found.isEmpty() || !Arrays.equals(found.get().requestHash(), requestHash)) {
      throw new ReusedException(key);
    }
    return found.get().answer();
  }
}
