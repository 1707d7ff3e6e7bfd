package dev.whetstone.gateway;

import static io.restassured.RestAssured.given;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;

/** Authenticated requests to the gateway that a test runs against. */
public final class RunningGateway {
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunningGateway() {}

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
