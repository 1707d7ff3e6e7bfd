/**
 * The whole loop on a tiny model with simulated users: {@code whetstone demo}. Begin with {@link
 * DemoScenario}. It starts a gateway process with a home of its own and talks to it only through
 * its HTTP routes.
 */
@NullMarked
package dev.whetstone.demo;

import org.jspecify.annotations.NullMarked;
