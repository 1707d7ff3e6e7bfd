package dev.whetstone.gateway.http;

import static dev.whetstone.gateway.RunningGateway.as;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.specification.RequestSpecification;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a proxy that is named is believed, and the borders of the application server's routes. */
@QuarkusTest
@Tag("alone")
@TestProfile(ProxyTest.LocalProxy.class)
class ProxyTest extends ReadyGateway {
  /** A gateway behind a proxy on this machine. */
  public static final class LocalProxy implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("whetstone.gateway.trusted-proxies", "127.0.0.1");
    }
  }

  @Test
  void aNamedProxySaysWhatTheClientAskedFor() {
    as("operator", "{}")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "ask.example.org")
        .header("X-Forwarded-For", "192.0.2.7")
        .post("/welcome")
        .then()
        .statusCode(200)
        .body("url", startsWith("https://ask.example.org/welcome/"));
  }

  @Test
  void aProxyMayServeItBelowAPathOfItsHost() {
    String url =
        prefixed(as("operator", "{}"))
            .post("/welcome")
            .then()
            .statusCode(200)
            .extract()
            .path("url");
    assertThat(url).startsWith("https://example.org/ask/welcome/");

    prefixed(given())
        .get("/welcome/" + url.substring(url.lastIndexOf('/') + 1))
        .then()
        .statusCode(200)
        .header("Set-Cookie", matchesPattern("(?i)whetstone_.*;\\s*path=/ask;.*"))
        .body(not(containsString("=\"/")));
    prefixed(given())
        .get("/")
        .then()
        .statusCode(200)
        .body(containsString("src=\"app.js\""), not(containsString("=\"/")));
    prefixed(as("chat", "{\"prompt\": \"The song\", \"max_tokens\": 3, \"stream\": true}"))
        .post("/generate")
        .then()
        .statusCode(200)
        .body(containsString("event: done"));
    prefixed(as("operator", "{}")).get("/nothing").then().statusCode(404);
  }

  private static RequestSpecification prefixed(RequestSpecification request) {
    return request
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "example.org")
        .header("X-Forwarded-Prefix", "/ask");
  }

  @Test
  void routesOfTheServerAreReadAlone() {
    RestAssured.get("/q/health/ready").then().statusCode(200);
    RestAssured.get("/q/health/nonsense").then().statusCode(404).body("code", equalTo("not_found"));
    RestAssured.delete("/q/metrics").then().statusCode(405).header("Allow", "GET, HEAD, OPTIONS");
  }
}
