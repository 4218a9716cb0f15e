#include "core/training/evaluation_table.h"

#include "core/model/adaptation_file.h"
#include "core/training/kmeans.h"
#include "core/training/levels.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace grappa {

namespace {

constexpr std::int64_t smoothingNeighbours = 10; // m of its means
constexpr double usualPower = 0.75;
constexpr int usualLevels = 8;

torch::Tensor toRows(const std::vector<float>& vectors, std::size_t dim) {
    return torch::from_blob(const_cast<float*>(vectors.data()),
                            {std::ssize(vectors) / static_cast<std::int64_t>(dim), static_cast<std::int64_t>(dim)});
}

torch::Tensor normalised(const torch::Tensor& rows) {
    return torch::nn::functional::normalize(rows);
}

class TableBuilder {
public:
    TableBuilder(const EvaluationInput& input, const JobContext& context)
        : m_input(input), m_context(context), m_base(toRows(input.variants.front().vectors, input.dim)) {
        if (input.adaptation) m_adaptation = loadAdaptation(SafetensorsFile(*input.adaptation));
    }

    EvaluationTable build() {
        add("base", m_base);
        chooseWhitening();
        for (const VariantVectors& variant : m_input.variants)
            if (variant.variant != variant::base) add(variant.variant, toRows(variant.vectors, m_input.dim));
        addOracle();
        if (m_whitening) addCollectionRows();
        return std::move(m_table);
    }

private:
    EvaluationRow scored(const std::string& name, const torch::Tensor& rows) {
        m_context.throwIfStopped();
        const torch::Tensor plain = rows.contiguous();
        const float* next = plain.const_data_ptr<float>();
        EvaluationRow row{name, {}};
        for (const LabelledSet& set : m_input.sets) {
            const std::size_t values = set.labels.size() * m_input.dim;
            row.tasks.push_back(retrievalScores({next, values}, m_input.dim, set.labels));
            next += values;
        }
        return row;
    }

    void add(const std::string& name, const torch::Tensor& rows) { m_table.rows.push_back(scored(name, rows)); }

    void chooseWhitening() {
        if (m_adaptation) {
            const auto found = m_adaptation->whitening.find(variant::base);
            if (found == m_adaptation->whitening.end()) return;
            EvaluationRow best;
            for (const double power : {0.25, 0.5, 0.75, 1.0}) {
                const Whitening whitening = found->second.withPower(power);
                EvaluationRow row = scored("whitened", whitening.apply(m_base));
                if (m_whitening && row.mean().rPrecision <= best.mean().rPrecision) continue;
                best = std::move(row);
                m_whitening = whitening;
            }
            m_table.rows.push_back(std::move(best));
        } else if (m_base.size(0) >= 2) {
            m_whitening = Whitening::fit(m_base, usualPower);
            m_table.whitenedOnTheseImages = true;
        }
        if (m_whitening) m_table.whiteningPower = m_whitening->power;
    }

    void addOracle() {
        EvaluationRow oracle{"oracle", {}};
        for (std::size_t task = 0; task < m_input.sets.size(); ++task) {
            const RetrievalScores* best = nullptr;
            for (const EvaluationRow& row : m_table.rows)
                if (row.name.starts_with("granularity:") && (!best || row.tasks[task].rPrecision > best->rPrecision))
                    best = &row.tasks[task];
            if (!best) return;
            oracle.tasks.push_back(*best);
        }
        m_table.rows.push_back(std::move(oracle));
    }

    const VariantVectors* find(const std::string& name) const {
        const auto found = std::ranges::find(m_input.variants, name, &VariantVectors::variant);
        return found == m_input.variants.end() ? nullptr : &*found;
    }

    void addCollectionRows() {
        const torch::Tensor base = normalised(m_whitening->apply(m_base));
        const VariantVectors* main = m_adaptation ? find(m_adaptation->mainVariant) : nullptr;
        const torch::Tensor collection = main ? normalised(toRows(main->vectors, m_input.dim)) : base;
        const std::vector<std::int64_t> granularities =
            m_adaptation ? m_adaptation->granularities : defaultGranularities(base.size(0), usualLevels);
        for (const std::int64_t k : granularities)
            if (k <= base.size(0)) add("level:" + std::to_string(k), pulledTogether(collection, k));
        add("base+smoothed", smoothed(base, smoothingNeighbours));
        if (const VariantVectors* neighbours = find(variant::neighbours))
            add("neighbours+smoothed",
                smoothed(normalised(toRows(neighbours->vectors, m_input.dim)), smoothingNeighbours));
    }

    torch::Tensor pulledTogether(const torch::Tensor& rows, std::int64_t k) const {
        const KMeansResult clusters = kMeans(rows, {.clusters = k}, m_context);
        return levelBlend(rows, clusters.centroids, clusters.assignment);
    }

    const EvaluationInput& m_input;
    const JobContext& m_context;
    torch::Tensor m_base;
    std::optional<Adaptation> m_adaptation;
    std::optional<Whitening> m_whitening; ///< of the base
    EvaluationTable m_table;
};

void checkInput(const EvaluationInput& input) {
    std::size_t images = 0;
    std::set<std::string> tasks;
    for (const LabelledSet& set : input.sets) {
        images += set.labels.size();
        if (!tasks.insert(set.task).second)
            throw Error(ErrorCode::Usage, "Two sets have the name \"" + set.task + "\".");
    }
    if (input.variants.empty() || input.variants.front().variant != variant::base)
        throw Error(ErrorCode::Internal, "An evaluation starts from the base's vectors.");
    for (const VariantVectors& variant : input.variants)
        if (variant.vectors.size() != images * input.dim)
            throw Error(ErrorCode::Usage, "Vectors and labels to be evaluated differ in number");
}

} // namespace

RetrievalScores EvaluationRow::mean() const {
    RetrievalScores sum;
    for (const RetrievalScores& scores : tasks) {
        const double share = 1 / static_cast<double>(tasks.size());
        sum.rPrecision += share * scores.rPrecision;
        sum.mapAtR += share * scores.mapAtR;
        sum.recallAt1 += share * scores.recallAt1;
        sum.queries += scores.queries;
    }
    return sum;
}

EvaluationTable evaluationTable(const EvaluationInput& input, const JobContext& context) {
    checkInput(input);
    const torch::NoGradGuard noGrad;
    return TableBuilder(input, context).build();
}

AttentionSummary summarised(std::span<const float> attention, std::size_t blocks, std::size_t granularities) {
    AttentionSummary summary{std::vector<double>(blocks),
                             std::vector<std::vector<double>>(blocks, std::vector<double>(granularities))};
    const std::size_t images = attention.size() / std::max<std::size_t>(1, blocks * granularities);
    const double share = 1 / static_cast<double>(std::max<std::size_t>(1, images));
    for (std::size_t i = 0; i < images * blocks * granularities; ++i) {
        const std::size_t block = i / granularities % blocks;
        const double alpha = attention[i];
        summary.mean[block][i % granularities] += share * alpha;
        if (alpha > 0 && granularities > 1)
            summary.entropy[block] -= share * alpha * std::log(alpha) / std::log(static_cast<double>(granularities));
    }
    return summary;
}

} // namespace grappa
