package dev.whetstone.scenario;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.FilePayload;
import com.microsoft.playwright.options.SameSiteAttribute;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.testing.PageBrowser;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.Voters;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** People at the pages, in a real browser: a newcomer, a rater and an operator. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesIT {
  private static final Pattern LINK = Pattern.compile("Open (http://\\S+/welcome/\\w+)");
  private static final Map<String, Object> ASK =
      Map.of(
          "messages",
          List.of(Map.of("role", "user", "content", "How was the book?")),
          "pair",
          true);

  private LabGateway gateway;
  private PageBrowser browser;
  private BrowserContext person;
  private Page page;

  @BeforeAll
  void start(@TempDir Path home) throws Exception {
    browser = PageBrowser.start();
    TestModels.tiny();
    gateway = LabGateway.start(LabGateway.command(), home, StorySettings.manual());
  }

  @AfterAll
  void stop() {
    browser.close();
    gateway.close();
  }

  @BeforeEach
  void open() {
    browser.complaints().clear();
    person = browser.person(1280, 900, ColorScheme.LIGHT);
    page = person.newPage();
  }

  @AfterEach
  void close() {
    person.close();
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void aNewcomerOpensTheLinkAndVotesByMouseAndByKey() throws Exception {
    String link = printedLink();
    page.navigate(link);
    assertThat(page.locator(".composer")).isVisible();
    assertThat(page.url()).doesNotContain("welcome");
    Cookie cookie = person.cookies().getFirst();
    assertThat(cookie.httpOnly).isTrue();
    assertThat(cookie.sameSite).isEqualTo(SameSiteAttribute.STRICT);
    assertThat(cookie.name).endsWith(Integer.toString(gateway.port()));
    assertThat(person.request().get(link).status()).as("the link a second time").isEqualTo(410);

    page.getByLabel("Two answers").check();
    page.getByRole(AriaRole.BUTTON, named("How was the book?")).click();
    page.getByRole(AriaRole.BUTTON, named("Left")).click();
    assertThat(page.locator(".toast")).containsText("Noted: the left one");
    assertThat(page.locator(".turn.pair").getByText("left by v0, right by v0")).isVisible();

    say("What did you think of the hotel?");
    page.keyboard().press("ArrowUp");
    assertThat(page.getByText("Noted: equal")).isVisible();
    assertThat(gateway.get("operator", "/preferences?limit=10").path("items"))
        .extracting(row -> row.path("choice").asText())
        .contains("a", "tie");
  }

  @Test
  void aMessageIsEditedAndAnAnswerMadeAgain() throws Exception {
    signIn();
    page.evaluate("localStorage.setItem('whetstone.pair-share', '0')");
    page.reload();
    say("How was the film?");
    Locator answers = page.locator(".turn.assistant");
    assertThat(answers).hasCount(1);

    page.getByRole(AriaRole.BUTTON, named("Regenerate")).click();
    assertThat(answers).hasCount(1);
    page.getByRole(AriaRole.BUTTON, named("Edit")).click();
    page.locator(".turn.user textarea").fill("How was the song?");
    page.getByRole(AriaRole.BUTTON, named("Send again")).click();

    assertThat(page.locator(".turn.user")).containsText("How was the song?");
    assertThat(answers).containsText("song");
    page.reload();
    assertThat(answers).containsText("song");
  }

  @Test
  void whatOthersWriteStaysText() throws Exception {
    String attack =
        "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script> [a](javascript:window.hit=1)"
            + " [b](data:text/html,hit) ![c](https://elsewhere.test/pixel.png) [d](https://good.test/)"
            + " \u202eevil \u200b"
            + "long".repeat(25_000);
    page.onRequest(
        request -> assertThat(request.url()).startsWith("http://localhost:" + gateway.port()));
    signIn();
    page.route(
        "**/generate",
        route ->
            route.fulfill(
                new com.microsoft.playwright.Route.FulfillOptions()
                    .setContentType("text/event-stream")
                    .setBody(answerOf(attack))));
    page.evaluate("localStorage.setItem('whetstone.pair-share', '0')");
    page.reload();
    say(attack.substring(0, 300));

    Locator answer = page.locator(".turn.assistant .markdown");
    assertThat(answer).containsText("<img src=x");
    assertThat(answer.locator("img, script")).hasCount(0);
    assertThat(answer.locator("a[href]")).hasCount(1);
    assertThat(page.evaluate("window.hit ?? 0")).isEqualTo(0);
    assertThat(page.locator(".turn.user .body")).containsText("<script>");
    assertThat(
            page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"))
        .isEqualTo(0);
  }

  @Test
  void aRaterVotesByKeyAndSeesNoVersions() throws Exception {
    gateway.postForJson("chat", "/generate", ASK);
    gateway.postForJson("chat", "/generate", ASK);
    page.navigate(url("/"));
    page.getByLabel("Key").fill(gateway.key("rater"));
    page.getByRole(AriaRole.BUTTON, named("Sign in")).click();
    assertThat(page.locator(".side")).hasCount(2);
    assertThat(page.getByRole(AriaRole.LINK, linked("Learning"))).hasCount(0);

    page.keyboard().press("d");
    assertThat(page.locator(".diff")).hasCount(2);
    page.keyboard().press("2");

    assertThat(page.locator(".toast")).hasText("Noted: the right one");
    assertThat(page.getByText("1 votes of yours here")).isVisible();
    assertThat(page.content()).doesNotContain("wsk_");
    assertThat(page.evaluate("JSON.stringify(localStorage)").toString()).doesNotContain("wsk_");
  }

  @Test
  void anOperatorWatchesARunAndChangesTheChampion() throws Exception {
    try (Voters voters = new Voters(() -> gateway)) {
      voters.prefer((a, b) -> a.length() < b.length() ? "a" : "b");
      voters.awaitDecided(150);
    }
    signIn();
    page.navigate(url("/#/runs"));
    page.getByRole(AriaRole.BUTTON, named("Start a run now")).click();
    confirm("shorter answers", "Start a run now");
    page.locator("tbody a").first().click();
    page.locator(".chart canvas").first().waitFor(new Locator.WaitForOptions().setTimeout(60_000));
    assertThat(page.locator("h1")).containsText("succeeded", within(60_000));
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

  private void say(String text) {
    page.locator("#message").fill(text);
    page.keyboard().press("Enter");
    page.locator(".choice button, .turn.assistant").last().waitFor();
  }

  private void confirm(String reason, String button) {
    page.getByLabel("Reason").fill(reason);
    page.locator("dialog").getByRole(AriaRole.BUTTON, exactly(button)).click();
    assertThat(page.locator("dialog")).hasCount(0);
  }

  private void signIn() throws Exception {
    page.navigate(
        gateway
            .postForJson("operator", "/welcome", Map.of())
            .path("url")
            .asText()
            .replace("127.0.0.1", "localhost"));
    page.locator(".composer").waitFor();
  }

  private String printedLink() throws Exception {
    Instant limit = Instant.now().plus(Duration.ofSeconds(30));
    while (Instant.now().isBefore(limit)) {
      Matcher found = LINK.matcher(Files.readString(gateway.home().resolve("gateway.log")));
      if (found.find()) {
        return found.group(1);
      }
      Thread.sleep(100);
    }
    throw new AssertionError("the gateway prints no link");
  }

  private String url(String path) {
    return "http://localhost:" + gateway.port() + path;
  }

  private static String answerOf(String text) {
    String json = text.replace("\\", "\\\\").replace("\"", "\\\"");
    return "event: token\ndata: {\"text\": \"%s\"}\n\nevent: done\ndata: {\"id\": \"gen_1\", \"policy\": \"v0\", \"completion\": {\"text\": \"%s\", \"finish_reason\": \"stop\"}}\n\n"
        .formatted(json, json);
  }

  private static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  private static Page.GetByRoleOptions linked(String name) {
    return named(name).setExact(true);
  }

  private static Locator.GetByRoleOptions exactly(String name) {
    return new Locator.GetByRoleOptions().setName(name).setExact(true);
  }

  private static com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions within(
      double milliseconds) {
    return new com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions()
        .setTimeout(milliseconds);
  }
}
