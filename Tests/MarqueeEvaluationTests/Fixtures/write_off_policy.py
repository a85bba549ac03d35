"""Writes reference values of off-policy estimators into off_policy.json, by obp (Saito et al. 2021) and scikit-learn.

Run it by `scripts/fixtures`. With the folder open-bandit-small under MARQUEE_DATA (or ../shared/data) the
estimates on its six logs are written too, for three targets and a reward model that both sides compute from
the formulas below; without it they are kept as they are.
"""

import json
import os
from pathlib import Path

import numpy as np
from obp.ope import (
    DirectMethod,
    DoublyRobust,
    DoublyRobustWithShrinkage,
    InverseProbabilityWeighting,
    SelfNormalizedDoublyRobust,
    SelfNormalizedInverseProbabilityWeighting,
    SelfNormalizedSlateIndependentIPS,
    SelfNormalizedSlateRewardInteractionIPS,
    SelfNormalizedSlateStandardIPS,
    SlateCascadeDoublyRobust,
    SlateIndependentIPS,
    SlateRewardInteractionIPS,
    SlateStandardIPS,
    SwitchDoublyRobust,
)
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ESTIMATORS = {
    "ips": InverseProbabilityWeighting(),
    "snips": SelfNormalizedInverseProbabilityWeighting(),
    "clipped": InverseProbabilityWeighting(lambda_=10.0),
    "dm": DirectMethod(),
    "dr": DoublyRobust(),
    "sndr": SelfNormalizedDoublyRobust(),
    "switch-dr": SwitchDoublyRobust(lambda_=10.0),
    "dr-shrinkage": DoublyRobustWithShrinkage(lambda_=100.0),
}


def estimates(**log):
    return {name: float(estimator.estimate_policy_value(**log)) for name, estimator in ESTIMATORS.items()}


def table_target(name, actions, positions):
    """pi_e(a | position), [positions, actions]."""
    a, p = np.meshgrid(np.arange(actions), np.arange(positions))
    weights = {"uniform": 0 * a + 1.0, "uneven": 1.0 + (7 * a + 3 * p) % 11, "narrow": 0.05 + (a % 5 == p)}[name]
    return weights / weights.sum(axis=1, keepdims=True)


def table_rewards(actions, positions):
    """q(a, position), [positions, actions]."""
    a, p = np.meshgrid(np.arange(actions), np.arange(positions))
    return 0.002 + 0.001 * ((5 * a + 2 * p) % 7)


def open_bandit(folder):
    from obp.dataset import OpenBanditDataset

    class WithoutContext(OpenBanditDataset):
        def pre_process(self):
            # obp's own feature engineering fails under today's pandas and is not needed.
            self.context, self.action_context = np.zeros((self.n_rounds, 1)), np.zeros((self.n_actions, 1))

    answers = {}
    for policy in ["random", "bts"]:
        for campaign in ["all", "men", "women"]:
            data = WithoutContext(behavior_policy=policy, campaign=campaign, data_path=folder)
            log = data.obtain_batch_bandit_feedback()
            actions, positions = log["n_actions"], int(log["position"].max()) + 1
            rows = {"reward": log["reward"], "action": log["action"], "pscore": log["pscore"], "position": log["position"]}
            spread = lambda table: np.broadcast_to(table.T, (log["n_rounds"], actions, positions))
            rewards = spread(table_rewards(actions, positions))
            answers[f"{policy}/{campaign}"] = {
                "decisions": int(log["n_rounds"]),
                "actions": int(actions),
                "clicks": int(log["reward"].sum()),
                "targets": {
                    name: estimates(
                        action_dist=spread(table_target(name, actions, positions)),
                        estimated_rewards_by_reg_model=rewards, **rows)
                    for name in ["uniform", "uneven", "narrow"]
                },
            }
    return answers


def simulated(random, rounds=60, actions=5, positions=2):
    """A log with contexts: every row has its own probabilities and its own model."""
    simplex = lambda: random.dirichlet(np.ones(actions), (rounds, positions)).transpose(0, 2, 1)
    logging, target, rewards = 0.8 * simplex() + 0.2 / actions, simplex(), random.uniform(0, 1, (rounds, actions, positions))
    position = random.integers(0, positions, rounds)
    row = np.arange(rounds)
    action = np.array([random.choice(actions, p=logging[i, :, position[i]]) for i in row])
    reward = (random.random(rounds) < rewards[row, action, position]).astype(float)
    model = np.clip(rewards + random.normal(0, 0.1, rewards.shape), 0, 1)
    pscore = logging[row, action, position]
    return {
        "rewards": reward.tolist(),
        "propensities": pscore.tolist(),
        "targets": target[row, action, position].tolist(),
        "shown": model[row, action, position].tolist(),
        "expected": (target[row, :, position] * model[row, :, position]).sum(axis=1).tolist(),
        "estimates": estimates(
            reward=reward, action=action, pscore=pscore, position=position, action_dist=target,
            estimated_rewards_by_reg_model=model),
    }


def slates(random, count=50, slots=3, actions=6):
    """Slates drawn without replacement from two random preferences."""
    logging, target = random.normal(0, 0.7, (2, count, actions))
    rows = {key: [] for key in [
        "slate_id", "position", "action", "reward", "conditional", "conditional_target", "marginal", "marginal_target",
        "q", "distribution"]}
    for slate in range(count):
        left = np.ones(actions, bool)
        first = [np.exp(v[slate]) / np.exp(v[slate]).sum() for v in (logging, target)]
        for slot in range(slots):
            p, e = ((np.exp(v[slate]) * left) / (np.exp(v[slate]) * left).sum() for v in (logging, target))
            action = random.choice(actions, p=p)
            left[action] = False
            rows["slate_id"].append(slate)
            rows["position"].append(slot)
            rows["action"].append(action)
            rows["reward"].append(float(random.random() < 0.1 + 0.1 * action))
            rows["conditional"].append(p[action])
            rows["conditional_target"].append(e[action])
            # Whatever both sides are given serves; here the first slot's probabilities.
            rows["marginal"].append(first[0][action])
            rows["marginal_target"].append(first[1][action])
            rows["q"].append(random.uniform(0, 1, actions))
            rows["distribution"].append(e)
    r = {key: np.array(value) for key, value in rows.items()}
    per_slate = lambda x: x.reshape(count, slots)
    cascade = {key: np.cumprod(per_slate(r[key]), axis=1).ravel() for key in ["conditional", "conditional_target"]}
    whole = {key: np.repeat(per_slate(r[key]).prod(axis=1), slots) for key in ["conditional", "conditional_target"]}
    common = {"slate_id": r["slate_id"], "reward": r["reward"], "position": r["position"]}
    answers = {}
    for name, estimator in [("standard", SlateStandardIPS), ("standard-sn", SelfNormalizedSlateStandardIPS)]:
        answers[name] = estimator(len_list=slots).estimate_policy_value(
            pscore=whole["conditional"], evaluation_policy_pscore=whole["conditional_target"], **common)
    for name, estimator in [("independent", SlateIndependentIPS), ("independent-sn", SelfNormalizedSlateIndependentIPS)]:
        answers[name] = estimator(len_list=slots).estimate_policy_value(
            pscore_item_position=r["marginal"], evaluation_policy_pscore_item_position=r["marginal_target"], **common)
    for name, estimator in [("cascade", SlateRewardInteractionIPS), ("cascade-sn", SelfNormalizedSlateRewardInteractionIPS)]:
        answers[name] = estimator(len_list=slots).estimate_policy_value(
            pscore_cascade=cascade["conditional"], evaluation_policy_pscore_cascade=cascade["conditional_target"], **common)
    answers["cascade-dr"] = SlateCascadeDoublyRobust(len_list=slots, n_unique_action=actions).estimate_policy_value(
        action=r["action"], pscore_cascade=cascade["conditional"],
        evaluation_policy_pscore_cascade=cascade["conditional_target"], q_hat=r["q"].ravel(),
        evaluation_policy_action_dist=r["distribution"].ravel(), **common)
    return {
        "slots": slots,
        "rewards": r["reward"].tolist(),
        "propensities": r["conditional"].tolist(),
        "targets": r["conditional_target"].tolist(),
        "marginalPropensities": r["marginal"].tolist(),
        "marginalTargets": r["marginal_target"].tolist(),
        "shown": r["q"][np.arange(len(r["q"])), r["action"]].tolist(),
        "expected": (r["q"] * r["distribution"]).sum(axis=1).tolist(),
        "estimates": {name: float(value) for name, value in answers.items()},
    }


def regression(random, rows=80, features=6, classes=3):
    """Multinomial logistic regression on categorical features, its intercept free."""
    active = [sorted(random.choice(features, 2, replace=False).tolist()) for _ in range(rows)]
    x = np.zeros((rows, features))
    for row, columns in enumerate(active):
        x[row, columns] = 1
    labels = (x @ random.normal(0, 1.5, (features, classes)) + random.gumbel(size=(rows, classes))).argmax(axis=1)
    model = LogisticRegression(C=1 / 0.5, tol=1e-10, max_iter=10_000).fit(x, labels)
    return {
        "active": active,
        "labels": labels.tolist(),
        "features": features,
        "classes": classes,
        "regularization": 0.5,
        "probabilities": model.predict_proba(x).tolist(),
    }


def main():
    random = np.random.default_rng(4)
    place = HERE / "off_policy.json"
    before = json.loads(place.read_text()) if place.exists() else {}
    answers = {"simulated": simulated(random), "slates": slates(random), "regression": regression(random)}
    data = Path(os.environ.get("MARQUEE_DATA", ROOT / ".." / "shared" / "data")) / "open-bandit-small"
    answers["openBandit"] = open_bandit(data) if data.exists() else before.get("openBandit", {})
    place.write_text(json.dumps(answers, indent=0))


if __name__ == "__main__":
    main()
