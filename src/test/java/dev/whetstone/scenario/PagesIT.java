package dev.whetstone.scenario;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.SameSiteAttribute;
import dev.whetstone.testing.PageBrowser;
import dev.whetstone.testing.PathProxy;
import dev.whetstone.testing.Welcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** People at the pages, in a real browser: a newcomer, a user and a rater. */
class PagesIT extends PagesCase {
  private static final Pattern LINK = Pattern.compile("Open (http://\\S+/welcome/\\w+)");

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
    page.getByRole(AriaRole.BUTTON, named("Left")).hover();
    page.locator(".choice .same-call summary").click();
    assertThat(page.locator(".choice .line")).containsText("/preferences");
    assertThat(page.locator(".choice .line")).containsText("\"choice\":\"a\"");
    page.getByRole(AriaRole.BUTTON, named("Left")).click();
    assertThat(page.locator(".toast")).containsText("Noted: the left one");
    page.getByText("The same call for a shell: Undo").click();
    assertThat(page.locator(".turn.pair .line").first()).containsText("-X DELETE");
    assertThat(page.locator(".turn.pair .line").first()).containsText("/preferences/");
    assertThat(page.locator(".turn.pair").getByText("left by v0, right by v0")).isVisible();

    say("What did you think of the hotel?");
    page.keyboard().press("ArrowUp");
    assertThat(page.getByText("Noted: equal")).isVisible();
    assertThat(gateway.get("operator", "/preferences?limit=10").path("items"))
        .extracting(row -> row.path("choice").asText())
        .contains("a", "tie");
  }

  @Test
  void aProxyServesThePagesBelowAPathOfItsHost() throws Exception {
    try (PathProxy proxy = new PathProxy("/ask", gateway.port())) {
      String link = Welcome.link(gateway);
      page.navigate(proxy.url(link.substring(link.indexOf("/welcome/"))));
      assertThat(page.locator(".composer")).isVisible();
      assertThat(page.url()).startsWith(proxy.url("/"));
      assertThat(person.cookies().getFirst().path).isEqualTo("/ask");

      page.getByLabel("Two answers").check();
      say("How was the book?");
      page.locator(".choice .same-call summary").click();
      assertThat(page.locator(".choice .line")).containsText(proxy.url("/preferences"));
      page.getByRole(AriaRole.BUTTON, named("Left")).click();
      assertThat(page.locator(".toast")).containsText("Noted: the left one");
      page.navigate(proxy.url("/#/learning"));
      assertThat(page.locator(".source a").first()).hasAttribute("href", proxy.url("/learning"));
      page.getByRole(AriaRole.BUTTON, named("Sign out")).click();
      assertThat(page.locator("input[name=key]")).isVisible();
      assertThat(page.url()).isEqualTo(proxy.url("/"));
      // The page may still fetch its icon, which the proxy would then refuse.
      page.navigate("about:blank");
    }
  }

  @Test
  void aMessageIsEditedAndAnAnswerMadeAgain() throws Exception {
    signIn();
    page.evaluate("localStorage.setItem('whetstone.pair-share', '0')");
    page.reload();
    say("How was the film?");
    Locator answers = page.locator(".turn.assistant");
    assertThat(answers).hasCount(1);

    page.locator(".composer .same-call summary").click();
    page.locator("#message").fill("And \"the\" end?");
    assertThat(page.locator(".composer .line")).containsText("/generate");
    assertThat(page.locator(".composer .line")).containsText("How was the film?");
    assertThat(page.locator(".composer .line")).containsText("And \\\"the\\\" end?");
    page.navigate(url("/#/rate"));
    page.goBack();
    assertThat(page.locator("#message")).hasValue("And \"the\" end?");
    page.locator("#message").fill("");

    page.getByRole(AriaRole.BUTTON, named("Regenerate")).hover();
    page.locator(".turn .same-call summary").click();
    assertThat(page.locator(".turn .line")).containsText("/generate");
    page.getByRole(AriaRole.BUTTON, exact("👍 Good")).hover();
    assertThat(page.locator(".turn .line")).containsText("\"rating\":\"up\"");
    page.getByRole(AriaRole.BUTTON, named("Regenerate")).click();
    assertThat(answers).hasCount(1);
    page.getByRole(AriaRole.BUTTON, named("Edit")).click();
    page.locator(".turn.user textarea").fill("How was the song?");
    page.locator(".turn.user .same-call summary").click();
    assertThat(page.locator(".turn.user .line")).containsText("How was the song?");
    page.getByRole(AriaRole.BUTTON, named("Send again")).click();

    assertThat(page.locator(".turn.user")).containsText("How was the song?");
    assertThat(answers).containsText("song");
    page.reload();
    assertThat(answers).containsText("song");

    say("And the band?");
    assertThat(answers).hasCount(2);
    page.getByRole(AriaRole.BUTTON, named("Edit")).first().click();
    page.locator(".turn.user textarea").fill("How was the game?");
    page.getByRole(AriaRole.BUTTON, named("Send again")).click();
    assertThat(answers).containsText("game");
    page.locator(".toast").getByRole(AriaRole.BUTTON, exactly("Undo")).click();
    assertThat(answers).hasCount(2);
    assertThat(page.locator(".turn.user").last()).containsText("And the band?");
  }

  @Test
  void anAnswerThatStreamsIsStopped() throws Exception {
    try (PathProxy proxy = new PathProxy("/slow", gateway.port())) {
      String link = Welcome.link(gateway);
      page.navigate(proxy.url(link.substring(link.indexOf("/welcome/"))));
      page.locator(".composer").waitFor();
      page.evaluate("localStorage.setItem('whetstone.pair-share', '0')");
      page.reload();
      page.getByRole(AriaRole.BUTTON, exact("Settings")).click();
      // hot enough to find no end soon
      page.getByLabel("Temperature").fill("2");
      page.getByLabel("Top k").fill("0");
      page.getByLabel("Longest answer, tokens").fill("120");
      proxy.setPause(Duration.ofMillis(50));
      page.locator("#message").fill("How was the book?");
      page.keyboard().press("Enter");
      assertThat(page.locator(".turn .caret")).not().isEmpty();
      page.getByRole(AriaRole.BUTTON, exact("Stop")).click();

      Locator stopped = page.locator(".turn.assistant");
      assertThat(stopped).containsText("stopped here");
      assertThat(page.getByRole(AriaRole.BUTTON, exact("Stop"))).isHidden();
      assertThat(stopped.getByRole(AriaRole.BUTTON, exactly("👍 Good"))).hasCount(0);
      proxy.setPause(Duration.ZERO);
      String part = stopped.locator(".body").textContent();
      page.reload();
      assertThat(stopped.locator(".body")).hasText(part);
      page.getByRole(AriaRole.BUTTON, named("Regenerate")).click();
      assertThat(stopped.getByRole(AriaRole.BUTTON, exactly("👍 Good"))).isVisible();
      // the page may still fetch its icon, which the proxy would then refuse
      page.navigate("about:blank");
    }
  }

  @Test
  void aConversationIsRenamedExportedAndDeleted() throws Exception {
    signIn();
    page.evaluate("localStorage.setItem('whetstone.pair-share', '0')");
    page.reload();
    say("How was the meal?");
    String answer = page.locator(".turn.assistant .body").textContent();
    String tools = "Rename, Export, Delete: ";
    page.getByRole(AriaRole.BUTTON, exact(tools + "How was the meal?")).click();
    page.getByRole(AriaRole.BUTTON, exact("Rename")).click();
    page.getByLabel("Name of the conversation").fill("A <b>meal</b>");
    page.keyboard().press("Enter");
    assertThat(page.locator("h1")).hasText("A <b>meal</b>");

    page.getByRole(AriaRole.BUTTON, exact(tools + "A <b>meal</b>")).click();
    Download file =
        page.waitForDownload(() -> page.getByRole(AriaRole.BUTTON, exact("Export")).click());
    assertThat(Files.readString(file.path()))
        .contains("# A <b>meal</b>", "How was the meal?", answer.strip());

    page.getByRole(AriaRole.BUTTON, exact("Delete")).click();
    assertThat(page.getByText("Conversation deleted")).isVisible();
    assertThat(page.locator(".turn")).hasCount(0);
    page.locator(".toast").getByRole(AriaRole.BUTTON, exactly("Undo")).click();
    page.getByRole(AriaRole.BUTTON, exact(tools + "A <b>meal</b>")).click();
    page.getByRole(AriaRole.BUTTON, exact("Delete")).click();
    page.reload();
    assertThat(page.locator(".samples")).isVisible();
    assertThat(page.getByText("A <b>meal</b>")).hasCount(0);
  }

  @Test
  void aVoteIsTakenBackWhileItsWindowIsOpen() throws Exception {
    signIn();
    page.getByLabel("Two answers").check();
    say("How was the song?");
    page.keyboard().press("1");
    page.locator(".toast").getByRole(AriaRole.BUTTON, exactly("Undo")).click();
    assertThat(page.locator(".choice button").first()).isVisible();
    page.keyboard().press("4");
    assertThat(page.getByText("Noted: both bad")).isVisible();
    JsonNode newest = gateway.get("operator", "/preferences?order=newest&limit=1").at("/items/0");
    assertThat(newest.path("choice").asText()).isEqualTo("both_bad");

    page.navigate(url("/#/replay/" + newest.path("pair_id").asText()));
    assertThat(page.getByText("the same tokens").first()).isVisible();
    PageBrowser.assertAccessible(page);
  }

  @Test
  void anAnswerIsRatedAndMadeBetter() throws Exception {
    signIn();
    page.evaluate("localStorage.setItem('whetstone.pair-share', '0')");
    page.reload();
    say("How was the meal?");
    page.getByRole(AriaRole.BUTTON, exact("👎 Bad")).click();
    page.getByLabel("too long").check();
    page.getByLabel("Comment").fill("<b>no</b>");
    page.locator(".feedback .card .same-call summary").click();
    assertThat(page.locator(".feedback .card .line")).containsText("/feedback");
    assertThat(page.locator(".feedback .card .line")).containsText("\"tags\":[\"too-long\"]");
    page.getByRole(AriaRole.BUTTON, exact("Save")).click();
    assertThat(page.getByText("Your reasons are kept")).isVisible();
    page.getByRole(AriaRole.BUTTON, exact("Make it better")).click();
    page.getByLabel("The better answer").fill("The meal was good.");
    page.getByRole(AriaRole.BUTTON, exact("Use my text")).click();
    assertThat(page.locator(".turn.assistant .body")).hasText("The meal was good.");

    JsonNode rating = gateway.get("operator", "/feedback/ratings?tag=too-long").at("/items/0");
    assertThat(rating.path("rating").asText()).isEqualTo("down");
    assertThat(rating.path("edit").asText()).isEqualTo("The meal was good.");
    page.navigate(url("/#/data"));
    assertThat(page.getByText("<b>no</b>").first()).isVisible();
    PageBrowser.assertAccessible(page);
  }

  @Test
  void whatOthersWriteStaysText() throws Exception {
    String attack =
        "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>"
            + " [a](javascript:window.hit=1) [b](data:text/html,hit)"
            + " ![c](https://elsewhere.test/pixel.png) [d](https://good.test/) \u202eevil \u200b"
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
    assertThat(page.getByRole(AriaRole.LINK, exact("Learning"))).hasCount(0);

    page.keyboard().press("d");
    assertThat(page.locator(".diff")).hasCount(2);
    page.keyboard().press("2");

    assertThat(page.locator(".toast")).containsText("Noted: the right one");
    assertThat(page.getByText("1 votes of yours, 1 in the last day")).isVisible();
    page.getByText("The same call for a shell: Undo").click();
    assertThat(page.locator(".line").last()).containsText("-X DELETE");

    page.keyboard().press("u");
    assertThat(page.getByText("The vote is taken back")).isVisible();
    assertThat(page.getByText("0 votes of yours")).isVisible();
    page.keyboard().press("1");
    assertThat(page.getByText("1 votes of yours")).isVisible();
    page.getByLabel("Why it is skipped").selectOption("I cannot tell");
    page.getByText("The same call for a shell: Skip").click();
    Locator skip = page.locator(".same-call[open] .line");
    assertThat(skip).containsText("/skip' ");
    assertThat(skip).containsText("I cannot tell");
    page.getByRole(AriaRole.BUTTON, exact("Skip")).click();
    assertThat(page.getByText("Given back; others get it")).isVisible();
    assertThat(page.content()).doesNotContain("wsk_");
    assertThat(page.evaluate("JSON.stringify(localStorage)").toString()).doesNotContain("wsk_");
  }

  @Test
  void aRaterIsToldWhatOthersChoseAndWhereThatIsWritten() throws Exception {
    Object question = List.of(Map.of("role", "user", "content", "How was the film?"));
    String pair =
        gateway
            .postForJson(
                "chat", "/generate", Map.of("messages", question, "pair", true, "user", "first"))
            .path("pair_id")
            .asText();
    gateway.postForJson(
        "chat",
        "/preferences",
        Map.of("pair_id", pair, "choice", "tie", "tags", List.of("twice"), "user", "first"));
    page.navigate(url("/"));
    // a rater of its own, whose votes another story does not count
    String key =
        gateway.postForJson("operator", "/keys", Map.of("role", "rater")).path("key").asText();
    page.getByLabel("Key").fill(key);
    page.getByRole(AriaRole.BUTTON, named("Sign in")).click();
    page.getByLabel("Judgements wanted for a pair").selectOption("2");
    page.getByLabel("Only pairs with the tag").fill("twice");
    page.getByRole(AriaRole.BUTTON, exact("Show")).click();
    assertThat(page.getByText("How was the film?")).isVisible();

    page.keyboard().press("3");

    Locator agreed = page.locator(".toast a");
    assertThat(agreed).hasText("1 of 1 others chose the same");
    assertThat(agreed)
        .hasAttribute("href", Pattern.compile(".*/preferences\\?pair=" + pair + "&limit=20"));
  }

  private String printedLink() throws Exception {
    Path log = gateway.home().resolve("gateway.log");
    return await("the printed link")
        .atMost(Duration.ofMinutes(3))
        .until(() -> LINK.matcher(Files.readString(log)).results().findFirst(), Optional::isPresent)
        .orElseThrow()
        .group(1);
  }

  private static String answerOf(String text) {
    String json = text.replace("\\", "\\\\").replace("\"", "\\\"");
    return "event: token\ndata: {\"text\": \"%s\"}\n\nevent: done\ndata: {\"id\": \"gen_1\", \"policy\": \"v0\", \"completion\": {\"text\": \"%s\", \"finish_reason\": \"stop\"}}\n\n"
        .formatted(json, json);
  }
}
