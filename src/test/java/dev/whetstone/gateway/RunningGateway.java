package dev.whetstone.gateway;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.TestModels;
import dev.whetstone.gateway.ServingState.State;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/** What tests over HTTP need of the gateway they run against. */
public final class RunningGateway {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunningGateway() {}

  /** To be called before the gateway starts, which else would look for a model in vain. */
  public static void importTheModel() {
    TestModels.tiny();
  }

  public static void waitUntilReady(ServingState serving) throws InterruptedException {
    Instant limit = Instant.now().plus(Duration.ofMinutes(1));
    while (serving.state() instanceof State.Loading && Instant.now().isBefore(limit)) {
      Thread.sleep(20);
    }
    assertThat(serving.state()).isInstanceOf(State.Ready.class);
  }

  /** A request with the key of a role. */
  public static RequestSpecification as(String role, @Nullable String body) {
    return with(key(role), body);
  }

  /** A request with a key. */
  public static RequestSpecification with(String key, @Nullable String body) {
    RequestSpecification request = given().header("Authorization", "Bearer " + key);
    return body == null ? request : request.contentType("application/json").body(body);
  }

  /** The key of a role in the keys.json that the first start wrote. */
  public static String key(String role) {
    try {
      return JSON.readTree(
              Path.of(
                      ConfigProvider.getConfig().getValue("WHETSTONE_HOME", String.class),
                      "keys.json")
                  .toFile())
          .path(role)
          .asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
