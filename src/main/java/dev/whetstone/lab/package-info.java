/**
 * Simulated users of a gateway that runs on this machine with a home of its own: {@code whetstone
 * lab} and {@code whetstone demo}. A {@link Scenario} says who votes and for how long, a {@link
 * LabSession} lets them chat and vote through the HTTP routes alone and measures what the gateway
 * made of it, and each start becomes one {@link LabRow}, a line of JSON in a {@link LabFile}, from
 * which {@link LabTable} makes the table. Begin with {@link Laboratory}.
 */
@NullMarked
package dev.whetstone.lab;

import org.jspecify.annotations.NullMarked;
