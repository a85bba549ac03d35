"""Simulated regret of a contextual bandit of Vowpal Wabbit (--cb_explore_adf) on logged contexts.

    policies.py FOLDER [VW OPTIONS ...]     # people, items, shown, rates, marks and shape, by `marquee-bench prepare`

Person and item are namespaces, crossed by -q; the item's identity is a feature. The action is drawn from VW's
own probabilities; everybody gets the same click for the same item of a round.
"""

import random
import sys

import vowpalwabbit

from sample import answer, array


def main():
    folder, options = sys.argv[1], " ".join(sys.argv[2:])
    worlds, rounds, candidates, items, width = (int(n) for n in array(folder, "shape"))
    people = array(folder, "people").reshape(worlds, rounds, width)
    features = array(folder, "items").reshape(worlds, items, width)
    shown = array(folder, "shown").reshape(worlds, rounds, candidates)
    rates = array(folder, "rates").reshape(worlds, rounds, candidates)
    marks = array(folder, "marks").reshape(worlds, rounds)
    regret = 0.0
    for world in range(worlds):
        draw = random.Random(world)
        learner = vowpalwabbit.Workspace(
            f"--cb_explore_adf --cb_type mtr -q UA --random_seed {world + 1} --quiet {options}")
        lines = [
            "|A " + " ".join(f"f{k}:{value:.5f}" for k, value in enumerate(features[world, item])) + f" |I i{item}"
            for item in range(items)
        ]
        for t in range(rounds):
            person = "shared |U " + " ".join(f"u{k}:{value:.5f}" for k, value in enumerate(people[world, t]))
            offered = shown[world, t]
            probabilities = learner.predict([person] + [lines[item] for item in offered])
            mark, chosen = draw.random() * sum(probabilities), 0
            while chosen < candidates - 1 and mark >= probabilities[chosen]:
                mark -= probabilities[chosen]
                chosen += 1
            rate = rates[world, t, chosen]
            regret += (rates[world, t].max() - rate) / (rounds * worlds)
            cost = -1 if marks[world, t] < rate else 0
            learner.learn([person] + [
                (f"0:{cost}:{probabilities[k]:.6f} " if k == chosen else "") + lines[item] for k, item in enumerate(offered)
            ])
        learner.finish()
    name = {"--epsilon": "epsilon-greedy", "--softmax": "softmax", "--bag": "linear-thompson", "--regcbopt": "linucb"}.get(sys.argv[2])
    answer(**{"best": regret} | ({name: regret} if name else {}))


if __name__ == "__main__":
    main()
