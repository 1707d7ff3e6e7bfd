package dev.whetstone.gateway.http;

import static dev.whetstone.gateway.RunningGateway.as;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.gateway.ReadyGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What browsers of other origins and HTTP clients expect of the answer's headers. */
@QuarkusTest
@Tag("alone")
@TestProfile(CrossOriginTest.OneOrigin.class)
class CrossOriginTest extends ReadyGateway {
  private static final String ORIGIN = "http://localhost:3000";

  /** A gateway that the pages of one origin may use, and that waits a second for a body. */
  public static final class OneOrigin implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "whetstone.gateway.cors-origins", ORIGIN, "whetstone.gateway.body-timeout", "PT1S");
    }
  }

  @Test
  void aNamedOriginMayAsk() {
    given()
        .header("Origin", ORIGIN)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os")
        .options("/v1/chat/completions")
        .then()
        .statusCode(204)
        .header("Access-Control-Allow-Origin", equalTo(ORIGIN))
        .header("Access-Control-Allow-Methods", containsString("POST"))
        .header("Access-Control-Allow-Headers", containsString("x-stainless-os"));
    as("chat", null)
        .header("Origin", ORIGIN)
        .get("/v1/models")
        .then()
        .statusCode(200)
        .header("Access-Control-Allow-Origin", equalTo(ORIGIN))
        .header("Access-Control-Allow-Credentials", nullValue())
        .header("Access-Control-Expose-Headers", containsString("Retry-After"));
  }

  @Test
  void anotherOriginGetsNoLeave() {
    as("chat", null)
        .header("Origin", "http://elsewhere.example")
        .get("/v1/models")
        .then()
        .statusCode(200)
        .header("Access-Control-Allow-Origin", nullValue());
  }

  @Test
  void aMethodThatARouteLacksIsAnsweredWithThoseItHas() {
    String allowed =
        as("chat", null)
            .get("/v1/chat/completions")
            .then()
            .statusCode(405)
            .extract()
            .header("Allow");
    String withPath =
        as("operator", null).put("/policies/v0").then().statusCode(405).extract().header("Allow");

    assertThat(allowed).isEqualTo("OPTIONS, POST");
    assertThat(withPath).isEqualTo("GET, HEAD, OPTIONS");
  }
}
