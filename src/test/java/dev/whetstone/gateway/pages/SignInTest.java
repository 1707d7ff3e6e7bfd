package dev.whetstone.gateway.pages;

import static dev.whetstone.gateway.RunningGateway.as;
import static dev.whetstone.gateway.RunningGateway.key;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.security.ApiKeyCache;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.Cookie;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.net.URI;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Signing a browser in and out, and requests that another site makes it send. */
@QuarkusTest
class SignInTest extends ReadyGateway {
  @Inject ApiKeyCache keys;

  @BeforeEach
  void loadTheKeysOfTheFile() {
    keys.refresh();
  }

  @Test
  void aLinkSignsOneBrowserInOnce() {
    String path = link();
    given().head(path).then().statusCode(200);

    Cookie cookie = signedIn(given().get(path));

    assertThat(cookie.isHttpOnly()).isTrue();
    assertThat(cookie.getSameSite()).isEqualTo("Strict");
    given().get(path).then().statusCode(410).body(containsString("./whetstone open"));
    given()
        .cookie(cookie)
        .get("/session")
        .then()
        .body("signed_in", equalTo(true))
        .body("roles", hasItems("chat", "rater", "operator"));
    given().cookie(cookie).get("/learning").then().statusCode(200);
  }

  @Test
  void aKeyIsExchangedForASession() {
    given()
        .contentType("application/json")
        .body("{\"key\": \"wsk_chat_nobody\"}")
        .post("/session")
        .then()
        .statusCode(403);

    Cookie cookie =
        signedIn(
            given()
                .contentType("application/json")
                .body("{\"key\": \"" + key("chat") + "\"}")
                .post("/session"));

    given().cookie(cookie).get("/session").then().body("roles", equalTo(java.util.List.of("chat")));
    given().cookie(cookie).get("/learning").then().statusCode(403);
    own(cookie).delete("/session").then().statusCode(204);
    given().cookie(cookie).get("/session").then().body("signed_in", equalTo(false));
  }

  @Test
  void anotherSiteCannotUseTheCookie() {
    Cookie cookie = signedIn(given().get(link()));

    given()
        .cookie(cookie)
        .post("/learning/resume")
        .then()
        .statusCode(403)
        .body("code", equalTo("cross_site"));
    given()
        .cookie(cookie)
        .header("Origin", "http://localhost:1")
        .post("/learning/resume")
        .then()
        .statusCode(403);
    given()
        .cookie(cookie)
        .header("Sec-Fetch-Site", "same-site")
        .get("/learning")
        .then()
        .statusCode(403);
    given().cookie(cookie).delete("/session").then().statusCode(403);
    own(cookie).post("/learning/resume").then().statusCode(200);
  }

  @Test
  void aRevokedSessionOrKeyIsRefused() {
    Cookie cookie = signedIn(given().get(link()));
    String id = given().cookie(cookie).get("/session").path("id");
    as("operator", null).get("/sessions").then().body("items.id", hasItems(id));

    as("operator", null).delete("/sessions/" + id).then().statusCode(204);

    given().cookie(cookie).get("/learning").then().statusCode(401);
    as("operator", null).delete("/sessions/" + id).then().statusCode(404);
    as("operator", null).get("/sessions").then().body("items.id", not(hasItems(id)));
    as("operator", null).get("/audit").then().body("items.action", hasItems("session ended"));
  }

  @Test
  void everyAnswerCarriesThePolicyOfItsContent() {
    given()
        .get("/")
        .then()
        .statusCode(200)
        .header("Content-Security-Policy", containsString("frame-ancestors 'none'"))
        .header("Content-Security-Policy", not(containsString("unsafe")))
        .header("Cache-Control", "no-cache");
    given().get("/learning").then().statusCode(401).header("X-Content-Type-Options", "nosniff");
  }

  @Test
  void withoutAProviderNobodySignsInByOne() {
    given().get("/session/oidc").then().statusCode(404).body("code", equalTo("no_provider"));
    given().get("/session").then().body("provider", nullValue());
  }

  private static String link() {
    String url = as("operator", "{}").post("/welcome").then().statusCode(200).extract().path("url");
    return URI.create(url).getPath();
  }

  private static Cookie signedIn(Response response) {
    response.then().statusCode(200);
    return response.getDetailedCookies().asList().getFirst();
  }

  private static RequestSpecification own(Cookie cookie) {
    return given().cookie(cookie).header("Sec-Fetch-Site", "same-origin");
  }
}
