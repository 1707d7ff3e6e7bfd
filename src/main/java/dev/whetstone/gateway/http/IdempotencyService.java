package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.database.Database;
import dev.whetstone.database.IdempotencyKeys;
import dev.whetstone.io.Sha256;
import dev.whetstone.settings.JsonText;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs a change in one transaction; a repeated Idempotency-Key replays the first response. */
@Singleton
public final class IdempotencyService {
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,200}");

  private final ObjectMapper mapper;

  @Inject
  IdempotencyService(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /** A change's response: the status and the body, which is written as JSON. */
  public record Result(int status, Object body) {}

  /** Whether an owner's key has an answer already. */
  public boolean isRepeated(Database database, String owner, @Nullable String key) {
    return key != null
        && KEY.matcher(key).matches()
        && database
            .first(
                row -> 1,
                "SELECT FROM idempotency_keys WHERE owner = ? AND key = ? AND status IS NOT NULL",
                owner,
                key)
            .isPresent();
  }

  /**
   * Runs the work once per key of a caller; a repeated call gets the first call's response.
   *
   * @param owner id of the API key
   * @param key the Idempotency-Key header; null runs the work every time
   * @param request the fields that the response depends on
   * @throws ProblemException 400 for a malformed key, 422 for a key that was used for another
   *     request
   */
  public Response run(
      Database database,
      String owner,
      @Nullable String key,
      List<@Nullable Object> request,
      Database.Work<Result> work) {
    Database.Work<IdempotencyKeys.Answer> answered =
        connection -> {
          Result result = work.run(connection);
          return new IdempotencyKeys.Answer(
              result.status(), JsonText.of(mapper.writer(), result.body()));
        };
    IdempotencyKeys.Answer answer;
    if (key == null) {
      answer = database.transaction(answered);
    } else if (!KEY.matcher(key).matches()) {
      throw ProblemException.invalidField(
          "Idempotency-Key", "Idempotency-Key must have 1 to 200 printable ASCII characters");
    } else {
      answer = once(database, owner, key, request, answered);
    }
    return Response.status(answer.status())
        .type(MediaType.APPLICATION_JSON)
        .entity(answer.body())
        .build();
  }

  private IdempotencyKeys.Answer once(
      Database database,
      String owner,
      String key,
      List<@Nullable Object> request,
      Database.Work<IdempotencyKeys.Answer> work) {
    // as JSON no field can run into the next
    byte[] hash = Sha256.bytes(JsonText.of(mapper.writer(), request));
    try {
      return database.transaction(
          connection -> IdempotencyKeys.runOnce(connection, owner, key, hash, work));
    } catch (IdempotencyKeys.ReusedException reused) {
      throw ProblemException.of(422, "idempotency_key_reused", String.valueOf(reused.getMessage()));
    }
  }
}
