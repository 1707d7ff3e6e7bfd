package dev.whetstone.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;

/**
 * Stores the answer to a request under its Idempotency-Key and returns it again when the request is
 * repeated (draft-ietf-httpapi-idempotency-key-header). Answers are kept for a day.
 */
public final class IdempotencyKeys {
  /** The HTTP status and body that a request was answered with. */
  public record Answer(int status, String body) {}

  /** The key was used with another request. */
  public static final class ReusedException extends RuntimeException {
    ReusedException(String key) {
      super("the Idempotency-Key '" + key + "' was used for another request");
    }
  }

  private record Stored(byte[] requestHash, Answer answer) {}

  private IdempotencyKeys() {}

  /**
   * Runs the work, or returns the answer that the owner's key already has. The answer is committed
   * with the work; a concurrent request with the key waits for that commit.
   *
   * @param owner whose key it is: equal keys of two owners are different keys
   * @param requestHash hash of everything the answer depends on
   * @throws ReusedException when the key was used with another request
   */
  public static Answer runOnce(
      Connection connection,
      String owner,
      String key,
      byte[] requestHash,
      Database.Work<Answer> work)
      throws SQLException {
    Sql.update(
        connection, "DELETE FROM idempotency_keys WHERE created_at < now() - interval '1 day'");
    int inserted =
        Sql.update(
            connection,
            "INSERT INTO idempotency_keys (owner, key, request_hash) VALUES (?, ?, ?)"
                + " ON CONFLICT DO NOTHING",
            owner,
            key,
            requestHash);
    if (inserted == 0) {
      return storedAnswer(connection, owner, key, requestHash);
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

  private static Answer storedAnswer(
      Connection connection, String owner, String key, byte[] requestHash) throws SQLException {
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
