package dev.whetstone.gateway.pages;

import static dev.whetstone.gateway.RunningGateway.as;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.startsWith;

import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.security.ApiKeyCache;
import dev.whetstone.testing.CapturedLog;
import dev.whetstone.testing.RealProvider;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Signing browsers in by a provider that runs: the code flow, the session that comes of it. */
@QuarkusTest
@Tag("alone")
@TestProfile(SignInByProviderTest.WithProvider.class)
class SignInByProviderTest extends ReadyGateway {
  @Inject ApiKeyCache keys;

  /** A gateway that knows a provider, and a proxy on this machine. */
  public static final class WithProvider implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("whetstone.gateway.trusted-proxies", "127.0.0.1");
    }

    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(new TestResourceEntry(RealProvider.class));
    }
  }

  /** A browser that follows redirects and keeps cookies. */
  private static final class Visitor {
    private final CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
    private final HttpClient client = client(HttpClient.Redirect.NORMAL);

    private HttpClient client(HttpClient.Redirect follow) {
      return HttpClient.newBuilder().cookieHandler(cookies).followRedirects(follow).build();
    }

    HttpResponse<String> signIn() throws IOException, InterruptedException {
      return client.send(
          HttpRequest.newBuilder(URI.create(url("/session/oidc"))).build(),
          HttpResponse.BodyHandlers.ofString());
    }

    /** Where an address sends on to. */
    String nextOf(String address) throws IOException, InterruptedException {
      HttpResponse<String> step =
          client(HttpClient.Redirect.NEVER)
              .send(
                  HttpRequest.newBuilder(URI.create(address)).build(),
                  HttpResponse.BodyHandlers.ofString());
      return URI.create(address)
          .resolve(step.headers().firstValue("location").orElseThrow())
          .toString();
    }

    String session() {
      return named("whetstone_").orElseThrow().getValue();
    }

    Optional<HttpCookie> named(String prefix) {
      return cookies.getCookieStore().getCookies().stream()
          .filter(cookie -> cookie.getName().startsWith(prefix) && !cookie.getValue().isEmpty())
          .findFirst();
    }
  }

  @BeforeEach
  void loadTheKeysOfTheFile() {
    keys.refresh();
  }

  @Test
  void thePageNamesTheProvider() {
    given().get("/session").then().body("provider", equalTo("the test's provider"));
  }

  @Test
  void belowAPathOfAProxysHostTheProviderSendsBackToThatPath() {
    Response toProvider =
        given()
            .redirects()
            .follow(false)
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "example.org")
            .header("X-Forwarded-Prefix", "/ask")
            .get("/session/oidc");

    assertThat(toProvider.statusCode()).isEqualTo(302);
    assertThat(URLDecoder.decode(toProvider.header("Location"), StandardCharsets.UTF_8))
        .contains("redirect_uri=https://example.org/ask/session/oidc");
    assertThat(toProvider.headers().getValues("Set-Cookie"))
        .isNotEmpty()
        .allMatch(cookie -> cookie.toLowerCase(Locale.ROOT).contains("path=/ask"));
  }

  @Test
  void aPersonGetsASessionOfOurOwnAndVotesAsThemselves() throws Exception {
    RealProvider.nextIs("subject-1", "ada", List.of("chat", "unrelated"));
    Visitor ada = new Visitor();

    HttpResponse<String> page = ada.signIn();

    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.uri().getPath()).isEqualTo("/");
    assertThat(ada.named("q_session")).as("the provider's tokens are not kept").isEmpty();
    String id =
        withCookie(ada.session())
            .get("/session")
            .then()
            .body("signed_in", equalTo(true), "roles", equalTo(List.of("chat")))
            .body("key", startsWith("person_"))
            .extract()
            .path("key");
    withCookie(ada.session()).get("/learning").then().statusCode(403);
    String pair =
        withCookie(ada.session())
            .header("Sec-Fetch-Site", "same-origin")
            .contentType(ContentType.JSON)
            .body(
                Map.of(
                    "messages",
                    List.of(Map.of("role", "user", "content", "Say a word")),
                    "pair",
                    true,
                    "max_tokens",
                    8))
            .post("/generate")
            .then()
            .statusCode(200)
            .extract()
            .path("pair_id");
    withCookie(ada.session())
        .header("Sec-Fetch-Site", "same-origin")
        .contentType(ContentType.JSON)
        .body(Map.of("pair_id", pair, "choice", "a"))
        .post("/preferences")
        .then()
        .statusCode(201)
        .body("user", equalTo(id));

    RealProvider.nextIs("subject-1", "ada", List.of("operator"));
    Visitor elsewhere = new Visitor();
    elsewhere.signIn();

    withCookie(elsewhere.session())
        .get("/session")
        .then()
        .body("key", equalTo(id), "roles", hasItems("chat", "rater", "operator"));
    as("operator", null).get("/sessions").then().body("items.origin", hasItems("oidc"));
    as("operator", null)
        .get("/audit")
        .then()
        .body("items.action", hasItems("person added", "role changed"));
  }

  @Test
  void theCookieIsLaxAndHidden() throws Exception {
    RealProvider.nextIs("subject-2", "bea", List.of("rater"));
    Visitor bea = new Visitor();

    HttpResponse<String> page = bea.signIn();

    assertThat(page.previousResponse().orElseThrow().headers().allValues("set-cookie"))
        .anySatisfy(
            cookie ->
                assertThat(cookie)
                    .startsWith("whetstone_")
                    .contains("HttpOnly", "SameSite=Lax", "Max-Age=86400"));
  }

  @Test
  void whoHasNoRoleIsToldSo() throws Exception {
    RealProvider.nextIs("subject-3", "cleo", List.of("unrelated"));
    Visitor cleo = new Visitor();

    assertThat(cleo.signIn().uri().getQuery()).isEqualTo("error=no_role");
    assertThat(cleo.named("whetstone_")).isEmpty();
  }

  @Test
  void aRevokedPersonIsOutAndStaysOut() throws Exception {
    RealProvider.nextIs("subject-4", "dan", List.of("operator"));
    Visitor dan = new Visitor();
    dan.signIn();
    String id = withCookie(dan.session()).get("/session").path("key");

    as("operator", null).delete("/keys/" + id).then().statusCode(204);
    keys.refresh();

    RealProvider.nextIs("subject-4", "dan", List.of("operator"));
    assertThat(new Visitor().signIn().uri().getQuery()).isEqualTo("error=revoked");
  }

  @Test
  void theProvidersOwnCookieOpensNoRoute() throws Exception {
    RealProvider.nextIs("subject-5", "eve", List.of("operator"));
    Visitor eve = new Visitor();
    String next = url("/session/oidc");
    while (eve.named("q_session").isEmpty()) {
      next = eve.nextOf(next);
    }
    HttpCookie kept = eve.named("q_session").orElseThrow();

    assertThat(kept.getPath()).isEqualTo("/session/oidc");
    given().cookie(kept.getName(), kept.getValue()).get("/learning").then().statusCode(403);
    given().cookie("q_session_nobody", "x").get("/learning").then().statusCode(401);
  }

  @Test
  void aProviderThatIsAwayIsNamedAndWhatToDoInstead() throws Exception {
    List<CapturedLog.Line> complaints;
    try (CapturedLog log = CapturedLog.ofAll()) {
      RealProvider.away(
          () -> {
            given()
                .accept("text/html,application/xhtml+xml,*/*;q=0.8")
                .get("/session/oidc")
                .then()
                .statusCode(503)
                .contentType(ContentType.HTML)
                .header("Retry-After", "30")
                .header("Content-Security-Policy", containsString("script-src 'self'"))
                .body(containsString("by the test's provider is not possible"))
                .body(containsString("Sign in with a key"), containsString("./whetstone open"));
            return given()
                .get("/session/oidc")
                .then()
                .statusCode(503)
                .contentType("application/problem+json")
                .body("code", equalTo("provider_away"))
                .body("detail", containsString("./whetstone open"));
          });
      complaints = log.complaints();
    }
    assertThat(complaints)
        .hasSize(2)
        .allSatisfy(
            line -> {
              assertThat(line.logger()).isEqualTo(ProviderGuard.class.getName());
              assertThat(line.thrown()).isNull();
            });

    RealProvider.nextIs("subject-6", "fay", List.of("chat"));
    Visitor fay = new Visitor();
    assertThat(fay.signIn().uri().getPath()).isEqualTo("/");
    assertThat(fay.named("whetstone_")).isPresent();
  }

  @Test
  void aProviderThatGoesAwayWhileSomeoneSignsInIsNamed() throws Exception {
    RealProvider.nextIs("subject-7", "gus", List.of("chat"));
    Visitor gus = new Visitor();
    String back = gus.nextOf(gus.nextOf(url("/session/oidc")));
    assertThat(back).startsWith(url("/session/oidc?code="));

    HttpResponse<String> answer =
        RealProvider.away(
            () ->
                gus.client(HttpClient.Redirect.NEVER)
                    .send(
                        HttpRequest.newBuilder(URI.create(back)).build(),
                        HttpResponse.BodyHandlers.ofString()));

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("provider_away");
  }

  private static RequestSpecification withCookie(String session) {
    return given().cookie("whetstone_" + RestAssured.port, session);
  }

  private static String url(String path) {
    return RestAssured.baseURI + ":" + RestAssured.port + path;
  }
}
