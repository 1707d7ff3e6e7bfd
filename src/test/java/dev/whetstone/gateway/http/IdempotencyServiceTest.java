package dev.whetstone.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whetstone.database.Database;
import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import jakarta.ws.rs.core.Response;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A repeated key gets the first answer, and only for the same request. */
@QuarkusTest
class IdempotencyServiceTest extends ReadyGateway {
  @Inject IdempotencyService service;
  @Inject Database database;

  private final AtomicInteger done = new AtomicInteger();
  private final String key = UUID.randomUUID().toString();

  @Test
  void theSameRequestIsDoneOnce() {
    Response first = run("promote", "v1", null);

    assertThat(run("promote", "v1", null).getEntity()).isEqualTo(first.getEntity());
    assertThat(done).hasValue(1);
  }

  /** Fields that are joined by a line break would read alike here. */
  @Test
  void aLineBreakInAFieldMakesItNoOtherRequest() {
    run("promote", "v1\nv2", "why");

    for (List<@Nullable String> other :
        List.of(
            Arrays.<@Nullable String>asList("promote", "v1", "v2\nwhy"),
            Arrays.<@Nullable String>asList("promote", "v1\nv2\nwhy"),
            Arrays.<@Nullable String>asList("promote", "v1\nv2", null),
            Arrays.<@Nullable String>asList("promote", "v1\nv2", "null"))) {
      assertThatThrownBy(() -> run(other.toArray(String[]::new)))
          .isInstanceOfSatisfying(
              ProblemException.class,
              refused -> assertThat(refused.problem().code()).isEqualTo("idempotency_key_reused"));
    }
    assertThat(done).hasValue(1);
  }

  private Response run(@Nullable String... request) {
    return service.run(
        database,
        "operator_test",
        key,
        Arrays.<@Nullable Object>asList((Object[]) request),
        connection -> new IdempotencyService.Result(200, done.incrementAndGet()));
  }
}
