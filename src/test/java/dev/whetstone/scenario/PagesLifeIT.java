package dev.whetstone.scenario;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.sun.net.httpserver.HttpServer;
import dev.whetstone.lab.DemoScenario;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.lab.LabSettings;
import dev.whetstone.testing.PageBrowser;
import dev.whetstone.testing.PagePictures;
import dev.whetstone.testing.PostgresFaults;
import dev.whetstone.testing.RealProvider;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.Voters;
import dev.whetstone.testing.Welcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every page empty and full, wide and narrow, light and dark: none is wider than its screen, none
 * has a serious fault of accessibility. Their pictures go to target/screenshots. And a gateway that
 * dies under an open page.
 */
@Tag("pages")
class PagesLifeIT {
  private static final Duration LIMIT = Duration.ofMinutes(8);

  /** Milliseconds until the demo's next act may be seen. */
  private static final double WAIT = LIMIT.toMillis();

  @Test
  void everyPageIsWholeOnEveryScreen(@TempDir Path home) throws Exception {
    TestModels.tiny();
    Path pictures = Files.createDirectories(Path.of("target", "screenshots"));
    try (PageBrowser browser = PageBrowser.start();
        LabGateway gateway =
            LabGateway.start(LabGateway.command(), home, StorySettings.product())) {
      PagePictures pages = new PagePictures(browser, pictures);
      pages.take(Welcome.links(gateway, 4), "empty", PagePictures.pages("", ""), false);
      String run = duelToTheEnd(gateway);
      String rollout = gateway.get("operator", "/rollouts?limit=1").at("/items/0/id").asText();
      pages.take(Welcome.links(gateway, 4), "full", PagePictures.pages(run, rollout), true);

      assertThat(browser.complaints()).isEmpty();
    }
  }

  @Test
  void aPageOutlivesItsGateway(@TempDir Path home) throws Exception {
    TestModels.tiny();
    LabGateway gateway = LabGateway.start(LabGateway.command(), home, StorySettings.manual());
    try (PageBrowser browser = PageBrowser.start();
        BrowserContext person = browser.person(1280, 900, ColorScheme.LIGHT)) {
      Page page = learning(person, gateway);

      gateway.process().destroyForcibly().waitFor();
      assertThat(page.locator("#away")).isVisible();
      page.evaluate("location.hash = '#/chat'");
      page.locator("#message").fill("How was the game?");
      page.keyboard().press("Enter");
      assertThat(page.locator(".notice")).containsText("does not answer");

      gateway = gateway.restart();
      assertThat(page.locator("#away"))
          .isHidden(new LocatorAssertions.IsHiddenOptions().setTimeout(120_000));
      page.locator(".notice button").click();
      assertThat(page.locator(".turn.assistant, .turn.pair")).containsText("game");
    } finally {
      gateway.close();
      // the server outlives the gateway that was killed by a little, and writes into its folder
      await("the database's end")
          .atMost(LIMIT)
          .until(() -> !Files.exists(home.resolve("postgres/data/postmaster.pid")));
    }
  }

  @Test
  void aPageOutlivesItsDatabase(@TempDir Path home) throws Exception {
    TestModels.tiny();
    PostgresFaults postgres = new PostgresFaults(home);
    try (LabGateway gateway = LabGateway.start(LabGateway.command(), home, StorySettings.manual());
        PageBrowser browser = PageBrowser.start();
        BrowserContext person = browser.person(1280, 900, ColorScheme.LIGHT)) {
      Page page = learning(person, gateway);
      assertThat(page.getByText("time to the first token")).isVisible();

      postgres.makeUnavailable();
      assertThat(page.locator("#away")).containsText("database does not answer");
      page.evaluate("location.hash = '#/compare'");
      assertThat(page.getByText("This page could not be shown")).isVisible();

      postgres.makeAvailable();
      assertThat(page.locator("#away"))
          .isHidden(new LocatorAssertions.IsHiddenOptions().setTimeout(120_000));
      assertThat(page.getByText("Two versions on one prompt")).isVisible();
      page.evaluate("location.hash = '#/learning'");
      assertThat(page.getByText("v0 serves")).isVisible();
    }
  }

  @Test
  void whoAsksTooMuchIsToldHowLongToWait(@TempDir Path home) throws Exception {
    TestModels.tiny();
    Map<String, String> settings = StorySettings.manual();
    // one request, and the next one a quarter of a minute later
    settings.put("WHETSTONE_GATEWAY_KEY_RATE", "0.06");
    try (LabGateway gateway = LabGateway.start(LabGateway.command(), home, settings);
        PageBrowser browser = PageBrowser.start();
        BrowserContext person = browser.person(1280, 900, ColorScheme.LIGHT)) {
      Page page = person.newPage();
      page.navigate(Welcome.link(gateway));
      ask(page, "How was the book?");
      assertThat(page.locator(".turn.assistant, .turn.pair")).hasCount(1);

      ask(page, "How was the film?");
      Locator retry = page.locator(".notice button").first();
      assertThat(page.locator(".notice")).containsText("too many requests");
      assertThat(retry).isDisabled();
      assertThat(retry).hasText(Pattern.compile("Try again in \\d+ s"));
      assertThat(retry).hasText("Try again in 2 s");
      assertThat(page.locator(".turn.user").last()).containsText("How was the film?");
      assertThat(retry).hasText("Try again");
      retry.click();
      assertThat(page.locator(".turn.assistant, .turn.pair")).hasCount(2);
      assertThat(page.locator(".notice")).hasCount(0);
    }
  }

  @Test
  void aProviderThatIsAwayComesBackAndSignsIn(@TempDir Path home) throws Exception {
    TestModels.tiny();
    RealProvider provider = new RealProvider();
    Map<String, String> settings = StorySettings.manual();
    provider
        .start()
        .forEach(
            (name, value) ->
                settings.put(name.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"), value));
    try (PageBrowser browser = PageBrowser.start();
        BrowserContext person = browser.person(1280, 900, ColorScheme.LIGHT)) {
      Page page = person.newPage();
      LabGateway gateway =
          RealProvider.away(
              () -> {
                // something answers in its place, as a balancer does
                HttpServer balancer = balancerAt(URI.create(RealProvider.issuer()).getPort());
                LabGateway started = LabGateway.start(LabGateway.command(), home, settings);
                String root = "http://localhost:" + started.port() + "/";
                page.navigate(root);
                clickToProvider(page);
                assertThat(page.locator("h1")).hasText("The provider does not answer");
                balancer.stop(0);
                page.getByText("Try again", new Page.GetByTextOptions().setExact(true)).click();
                assertThat(page.getByText("the test's provider is not possible now")).isVisible();
                PageBrowser.assertAccessible(page);
                page.getByText("Sign in with a key").last().click();
                assertThat(page.getByLabel("Key")).isVisible();
                return started;
              });
      try (gateway) {
        RealProvider.nextIs("subject-1", "ada", List.of("rater"));
        page.waitForRequest(
            request -> request.url().startsWith(RealProvider.issuer() + "/authorize"),
            () -> clickToProvider(page));
        assertThat(page.getByText("Choose the better of two answers")).isVisible();
        assertThat(page.locator(".who")).containsText("person_");
        assertThat(page.url()).isEqualTo("http://localhost:" + gateway.port() + "/");
        // the browser itself tells of the two pages that were refused
        assertThat(browser.complaints()).allMatch(told -> told.contains("503"));
      }
    } finally {
      provider.stop();
    }
  }

  private static void clickToProvider(Page page) {
    page.getByText("Sign in with the test's provider").click();
  }

  /** Answers 503 to everything. */
  private static HttpServer balancerAt(int port) throws IOException {
    HttpServer balancer =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), port), 0);
    balancer.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    balancer.start();
    return balancer;
  }

  private static void ask(Page page, String text) {
    page.locator("#message").fill(text);
    page.keyboard().press("Enter");
  }

  @Test
  void theDemoPlaysInTheOpenPages(@TempDir Path home) throws Exception {
    try (LabGateway gateway = LabGateway.start(LabGateway.command(), home, LabSettings.DEMO);
        PageBrowser browser = PageBrowser.start();
        BrowserContext person = browser.person(1280, 900, ColorScheme.LIGHT)) {
      Page learning = learning(person, gateway);
      Page other = person.newPage();
      other.navigate("http://localhost:" + gateway.port() + "/#/runs");

      FutureTask<Void> demo =
          new FutureTask<>(
              () -> {
                new DemoScenario(gateway, _ -> {}).run();
                return null;
              });
      Thread.ofVirtual().start(demo);

      other.locator("tbody a").first().click(new Locator.ClickOptions().setTimeout(WAIT));
      other.locator(".chart canvas").first().waitFor(new Locator.WaitForOptions().setTimeout(WAIT));
      assertThat(learning.getByLabel("Duel").locator("canvas"))
          .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(WAIT));
      assertThat(learning.getByText("v1 serves"))
          .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(WAIT));
      assertThat(learning.getByText("v0 serves"))
          .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(WAIT));
      demo.get();

      assertThat(other.locator("h1")).containsText("succeeded");
      other.evaluate("location.hash = '#/versions'");
      assertThat(other.locator(".timeline")).containsText("Promoted: v1");
      assertThat(other.locator(".timeline")).containsText("Rolled back: v0");
      other.evaluate("location.hash = '#/rollouts'");
      other.locator("tbody a").first().click();
      assertThat(other.locator(".chart canvas")).isVisible();
      assertThat(browser.complaints()).isEmpty();
    }
  }

  private static String duelToTheEnd(LabGateway gateway) throws Exception {
    try (Voters voters = new Voters(() -> gateway)) {
      voters.prefer((a, b) -> a.length() < b.length() ? "a" : "b");
      voters.awaitDecided(150);
      String run = gateway.postForJson("trainer", "/training/runs", Map.of()).path("id").asText();
      await("the rollout's end")
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () ->
                  !gateway
                      .get("operator", "/rollouts?limit=1")
                      .at("/items/0/ended_at")
                      .asText("")
                      .isEmpty());
      return run;
    }
  }

  /** A page of a person who signed in, which shows what the loop does. */
  private static Page learning(BrowserContext person, LabGateway gateway) throws Exception {
    Page page = person.newPage();
    page.navigate(Welcome.link(gateway));
    page.locator(".composer").waitFor();
    page.evaluate("location.hash = '#/learning'");
    assertThat(page.getByText("v0 serves")).isVisible();
    return page;
  }
}
