/**
 * What the pages in a browser need beyond the API that everyone has: {@code /welcome}, {@code
 * /session} and {@code /sessions} sign browsers in and out; {@code /preferences/history} and {@code
 * /rollouts/{id}/evidence} give the points of curves. The pages themselves are static files from
 * {@code src/main/web}. Begin with {@link SessionResource}. Tables {@code sessions} and {@code
 * welcome_links} belong to {@code security}.
 */
@NullMarked
package dev.whetstone.gateway.pages;

import org.jspecify.annotations.NullMarked;
