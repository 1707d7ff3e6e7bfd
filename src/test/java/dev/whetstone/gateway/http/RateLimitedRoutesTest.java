package dev.whetstone.gateway.http;

import static dev.whetstone.gateway.RunningGateway.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.SlowLane;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The 429 of every route that generates or takes votes. */
@QuarkusTest
@Tag("alone")
@TestProfile(SlowLane.class)
class RateLimitedRoutesTest extends ReadyGateway {
  @Inject KeyStore store;
  @Inject ApiKeyCache keyCache;

  private String key = "";
  private String other = "";

  @BeforeEach
  void anUnusedKey() throws InterruptedException {
    key = store.create(Role.CHAT, KeyUsers.APPLICATION, null, "test").secret();
    other = store.create(Role.CHAT, KeyUsers.APPLICATION, null, "test").secret();
    keyCache.refresh();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/generate | {\"prompt\": \"How\", \"max_tokens\": 1, \"user\": \"%s\"}",
        "/v1/completions | {\"model\": \"champion\", \"prompt\": \"How\", \"max_tokens\": 1, \"user\": \"%s\"}",
        "/preferences | {\"pair_id\": \"none\", \"choice\": \"a\", \"user\": \"%s\"}",
      })
  void aUserIsLimitedAndOthersAreNot(String route, String body) {
    Response first = with(key, body.formatted("anna")).post(route);
    Response second = with(key, body.formatted("anna")).post(route);

    assertThat(first.statusCode()).isIn(200, 404);
    assertThat(second.statusCode()).isEqualTo(429);
    assertThat(second.asString()).contains("rate_limited", "this user");
    // the bucket is full again after ten seconds
    assertThat(Integer.parseInt(second.header("Retry-After"))).isBetween(5, 10);
    assertThat(with(key, body.formatted("berta")).post(route).statusCode()).isIn(200, 404);
    assertThat(with(other, body.formatted("anna")).post(route).statusCode())
        .as("the same name under another key is another user")
        .isIn(200, 404);
  }

  @Test
  void aKeyIsLimitedWhateverItsUsersAndRoutes() {
    List<Response> answers =
        IntStream.range(0, 60)
            .mapToObj(
                i ->
                    i % 2 == 0
                        ? with(
                                key,
                                "{\"pair_id\": \"p\", \"choice\": \"a\", \"user\": \"u%d\"}"
                                    .formatted(i))
                            .post("/preferences")
                        : with(
                                key,
                                "{\"prompt\": \"How\", \"max_tokens\": 1, \"user\": \"u%d\"}"
                                    .formatted(i))
                            .post("/generate"))
            .toList();
    List<Integer> codes = answers.stream().map(Response::statusCode).toList();

    // a burst of twenty, and two more for every second that the loop took
    assertThat(codes.subList(0, 20)).doesNotContain(429);
    assertThat(Collections.frequency(codes, 429)).isGreaterThan(10);
    Response refused = answers.get(codes.indexOf(429));
    assertThat(refused.contentType()).startsWith(Problem.MEDIA_TYPE);
    assertThat(refused.asString()).contains("this key");
    assertThat(refused.header("Retry-After")).isEqualTo("1");
  }
}
