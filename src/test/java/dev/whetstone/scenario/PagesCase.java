package dev.whetstone.scenario;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.whetstone.lab.LabGateway;
import dev.whetstone.testing.PageBrowser;
import dev.whetstone.testing.StorySettings;
import dev.whetstone.testing.TestModels;
import dev.whetstone.testing.Welcome;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The pages of one gateway in a real browser, which must not complain of anything. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PagesCase {
  static final Map<String, Object> ASK =
      Map.of(
          "messages",
          List.of(Map.of("role", "user", "content", "How was the book?")),
          "pair",
          true);

  LabGateway gateway;
  PageBrowser browser;
  BrowserContext person;
  Page page;

  @BeforeAll
  void start(@TempDir Path home) throws Exception {
    browser = PageBrowser.start();
    TestModels.tiny();
    Map<String, String> settings = StorySettings.manual();
    // long enough for a person on a busy machine to change their mind
    settings.put("WHETSTONE_PREFERENCE_UNDO_WINDOW", "PT20S");
    settings.put("WHETSTONE_GATEWAY_TRUSTED_PROXIES", "127.0.0.1");
    gateway = LabGateway.start(LabGateway.command(), home, settings);
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

  void say(String text) {
    page.locator("#message").fill(text);
    page.keyboard().press("Enter");
    page.locator(".choice .actions button, .turn.assistant").last().waitFor();
  }

  void confirm(String reason, String button) {
    page.getByLabel("Reason").fill(reason);
    page.locator("dialog").getByRole(AriaRole.BUTTON, exactly(button)).click();
    assertThat(page.locator("dialog")).hasCount(0);
  }

  void signIn() throws Exception {
    page.navigate(Welcome.link(gateway));
    page.locator(".composer").waitFor();
  }

  String url(String path) {
    return "http://localhost:" + gateway.port() + path;
  }

  static Page.GetByRoleOptions named(String name) {
    return new Page.GetByRoleOptions().setName(name);
  }

  static Page.GetByRoleOptions exact(String name) {
    return named(name).setExact(true);
  }

  static Locator.GetByRoleOptions exactly(String name) {
    return new Locator.GetByRoleOptions().setName(name).setExact(true);
  }

  static com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions within(
      double milliseconds) {
    return new com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions()
        .setTimeout(milliseconds);
  }
}
