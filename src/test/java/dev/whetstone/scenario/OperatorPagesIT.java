package dev.whetstone.scenario;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import dev.whetstone.testing.PageBrowser;
import dev.whetstone.testing.PagePictures;
import dev.whetstone.testing.Voters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** An operator at the pages, in a real browser. */
class OperatorPagesIT extends PagesCase {
  @Test
  void hostileNamesReasonsTagsAndGuidelinesStayText() throws Exception {
    String attack =
        "<img src=x onerror=window.hit=1> \u202eevil\u200b [a](javascript:window.hit=1)";
    gateway.postForJson("operator", "/keys", Map.of("role", "chat", "note", attack));
    String pair = gateway.postForJson("chat", "/generate", ASK).path("pair_id").asText();
    gateway.postForJson(
        "chat",
        "/preferences",
        Map.of(
            "pair_id",
            pair,
            "choice",
            "a",
            "comment",
            attack,
            "tags",
            List.of(attack.substring(0, 40))));
    gateway.postForJson("operator", "/learning/pause", Map.of("reason", attack));
    signIn();
    page.navigate(url("/#/rate"));
    page.getByRole(AriaRole.BUTTON, exact("Edit")).click();
    page.getByLabel("Guidelines").last().fill("# Look\n" + attack);
    page.locator(".guidelines").getByRole(AriaRole.BUTTON, exactly("Save")).click();
    page.locator("dialog").getByRole(AriaRole.BUTTON, exactly("Save")).click();
    assertThat(page.locator(".guidelines .markdown")).containsText("<img src=x");
    for (String shown : List.of("rate", "data", "learning", "access", "audit")) {
      page.navigate(url("/#/" + shown));
      assertThat(page.getByText("<img src=x").first()).isVisible();
      assertThat(page.locator("main img, main script, main a[href^=javascript]")).hasCount(0);
    }
    assertThat(page.evaluate("window.hit ?? 0")).isEqualTo(0);
    gateway.postForJson("operator", "/learning/resume", Map.of());
  }

  @Test
  void anOperatorWatchesARunAndChangesTheChampion() throws Exception {
    try (Voters voters = new Voters(() -> gateway)) {
      voters.prefer((a, b) -> a.length() < b.length() ? "a" : "b");
      voters.awaitDecided(150);
    }
    await("votes that count")
        .atMost(Duration.ofMinutes(2))
        .until(() -> gateway.get("operator", "/learning").at("/pool/usable").asInt() >= 120);
    signIn();
    page.navigate(url("/#/runs"));
    page.getByRole(AriaRole.BUTTON, named("Start a run now")).click();
    confirm("shorter answers", "Start a run now");
    page.locator("tbody a").first().click();
    page.locator(".chart canvas").first().waitFor(new Locator.WaitForOptions().setTimeout(180_000));
    assertThat(page.locator("h1")).containsText("succeeded", within(420_000));
    PageBrowser.assertAccessible(page);

    page.navigate(url("/#/versions"));
    page.getByRole(AriaRole.BUTTON, named("Promote v1")).click();
    assertThat(page.locator("dialog")).containsText("v1 answers instead of v0");
    confirm("it is shorter", "Promote");
    assertThat(
            page.locator("tr", new Page.LocatorOptions().setHasText("v1").setHasText("champion")))
        .isVisible();
    page.getByRole(AriaRole.BUTTON, named("Roll back to v0")).click();
    confirm("enough", "Roll back");
    assertThat(page.locator(".timeline li").first()).containsText("Rolled back: v0");
    assertThat(page.locator(".timeline")).containsText("it is shorter");
    assertThat(gateway.get("operator", "/policies/champion").path("version").asText())
        .isEqualTo("v0");
    seeWhatItLearned();
    PageBrowser.assertAccessible(page);
    everyoneReads(gateway.get("operator", "/training/runs?limit=1").at("/items/0/id").asText());
  }

  /** Runs, rollouts and a comparison, in the light on a screen and in the dark on a phone. */
  private void everyoneReads(String run) {
    for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
      page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(scheme));
      page.setViewportSize(scheme == ColorScheme.LIGHT ? 1280 : 390, 844);
      for (String shown : List.of("runs", "run/" + run, "rollouts")) {
        page.navigate(url("/#/" + shown));
        page.locator("main .scroll, main .chart canvas").first().waitFor();
        PageBrowser.assertAccessible(page);
      }
      page.navigate(url("/#/compare"));
      PagePictures.compare(page);
      PageBrowser.assertAccessible(page);
    }
  }

  /** The gate has measured the version, or does so now. */
  private void seeWhatItLearned() throws Exception {
    await("the gate's answers")
        .atMost(Duration.ofMinutes(3))
        .until(() -> !gateway.get("operator", "/policies/v1/changes").path("against").isEmpty());
    page.navigate(url("/#/changes/v1"));
    assertThat(page.locator("h1")).hasText("What v1 learned");
    assertThat(page.getByText("Tokens an answer")).isVisible();
    assertThat(page.locator("details.asked")).not().hasCount(0);
  }

  @Test
  void aFileIsImportedAndItsBadLinesAreNamed() throws Exception {
    signIn();
    page.navigate(url("/#/data"));
    String lines =
        "{\"prompt\": \"Is <b>this</b> text?\", \"chosen\": \"yes\", \"rejected\": \"no\"}\nnonsense\n";
    page.locator("input[type=file]")
        .setInputFiles(
            new FilePayload(
                "pairs.jsonl", "application/json", lines.getBytes(StandardCharsets.UTF_8)));

    assertThat(page.getByText("1 imported, 0 known before, 1 unusable, of 2 lines")).isVisible();
    assertThat(page.locator("section.card td").first()).hasText("2");
    assertThat(page.getByText("Is <b>this</b> text?")).isVisible();

    page.evaluate(
        "lines => { const moved = new DataTransfer(); moved.items.add(new File([lines],"
            + " 'dropped.jsonl')); document.querySelector('.drop').dispatchEvent(new"
            + " DragEvent('drop', { dataTransfer: moved, bubbles: true, cancelable: true })); }",
        lines);
    assertThat(page.getByText("0 imported, 1 known before, 1 unusable, of 2 lines")).isVisible();
  }

  @Test
  void whatIsStoredOfAUserIsTakenAwayAndErased() throws Exception {
    String user = "vera & co";
    Map<String, Object> ask = new HashMap<>(ASK);
    ask.put("user", user);
    gateway.postForJson("chat", "/generate", ask);
    signIn();
    page.navigate(url("/#/data"));
    Locator card = page.locator("section.card", new Page.LocatorOptions().setHasText("of a user"));
    card.getByLabel("User").fill(user);
    card.locator("summary").click();
    assertThat(card.locator(".line")).containsText("/users/data?user=vera%20%26%20co");
    Download file =
        page.waitForDownload(() -> card.getByRole(AriaRole.BUTTON, exactly("Export")).click());
    assertThat(Files.readString(file.path())).contains("How was the book?");
    assertThat(card).containsText("1 prompts, answers, votes and skips saved");

    card.getByRole(AriaRole.BUTTON, exactly("Erase")).click();
    assertThat(page.locator("dialog")).containsText("This cannot be undone");
    page.locator("dialog").getByRole(AriaRole.BUTTON, exactly("Erase")).click();
    assertThat(card).containsText("1 pairs and 0 votes erased");
    card.getByRole(AriaRole.BUTTON, exactly("Export")).click();
    assertThat(card).containsText("Nothing is stored of vera & co");
  }

  @Test
  void aRevokedSessionIsOut() throws Exception {
    signIn();
    try (BrowserContext other = browser.person(800, 600, ColorScheme.DARK)) {
      Page theirs = other.newPage();
      theirs.navigate(url("/"));
      theirs.getByLabel("Key").fill(gateway.key("chat"));
      theirs.getByRole(AriaRole.BUTTON, named("Sign in")).click();
      assertThat(theirs.locator(".composer")).isVisible();

      page.navigate(url("/#/access"));
      Locator row = page.locator("tr", new Page.LocatorOptions().setHasText("chat_"));
      row.getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName("Sign out"))
          .first()
          .click();
      page.locator("dialog").getByRole(AriaRole.BUTTON, exactly("Sign out")).click();
      assertThat(page.locator("dialog")).hasCount(0);
      PageBrowser.assertAccessible(page);

      theirs.reload();
      assertThat(theirs.getByLabel("Key")).isVisible();
    }
  }
}
