package dev.whetstone.scenario;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.testing.PageBrowser;
import dev.whetstone.testing.PagePictures;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.Voters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @Test
  void everyPageIsWholeOnEveryScreen(@TempDir Path home) throws Exception {
    TestModels.tiny();
    Path pictures = Files.createDirectories(Path.of("target", "screenshots"));
    try (PageBrowser browser = PageBrowser.start();
        LabGateway gateway =
            LabGateway.start(LabGateway.command(), home, StorySettings.product())) {
      PagePictures pages = new PagePictures(browser, pictures);
      pages.take(links(gateway), "empty", PagePictures.pages("", ""), false);
      String run = duelToTheEnd(gateway);
      String rollout = gateway.get("operator", "/rollouts?limit=1").at("/items/0/id").asText();
      pages.take(links(gateway), "full", PagePictures.pages(run, rollout), true);

      assertThat(browser.complaints()).isEmpty();
    }
  }

  @Test
  void aPageOutlivesItsGateway(@TempDir Path home) throws Exception {
    TestModels.tiny();
    LabGateway gateway = LabGateway.start(LabGateway.command(), home, StorySettings.manual());
    try (PageBrowser browser = PageBrowser.start();
        BrowserContext person = browser.person(1280, 900, ColorScheme.LIGHT)) {
      Page page = person.newPage();
      page.navigate(links(gateway).getFirst());
      page.locator(".composer").waitFor();
      page.evaluate("location.hash = '#/learning'");
      assertThat(page.getByText("v0 serves")).isVisible();

      gateway.process().destroyForcibly().waitFor();
      assertThat(page.locator("#away")).isVisible();
      page.evaluate("location.hash = '#/chat'");
      page.locator("#message").fill("How was the game?");
      page.keyboard().press("Enter");
      assertThat(page.locator(".notice")).containsText("does not answer");

      gateway = gateway.restart();
      assertThat(page.locator("#away"))
          .isHidden(new LocatorAssertions.IsHiddenOptions().setTimeout(30_000));
      page.locator(".notice button").click();
      assertThat(page.locator(".turn.assistant, .turn.pair")).containsText("game");
    } finally {
      gateway.close();
    }
  }

  private static String duelToTheEnd(LabGateway gateway) throws Exception {
    try (Voters voters = new Voters(() -> gateway)) {
      voters.prefer((a, b) -> a.length() < b.length() ? "a" : "b");
      voters.awaitDecided(150);
      String run = gateway.postForJson("trainer", "/training/runs", Map.of()).path("id").asText();
      Instant limit = Instant.now().plus(LIMIT);
      while (gateway
              .get("operator", "/rollouts?limit=1")
              .at("/items/0/ended_at")
              .asText("")
              .isEmpty()
          && Instant.now().isBefore(limit)) {
        Thread.sleep(200);
      }
      return run;
    }
  }

  /** One-time links for the four browsers of a round of pictures. */
  private static List<String> links(LabGateway gateway) throws Exception {
    List<String> links = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      links.add(
          gateway
              .postForJson("operator", "/welcome", Map.of())
              .path("url")
              .asText()
              .replace("127.0.0.1", "localhost"));
    }
    return links;
  }
}
