"""Everything a site may write in a free-text term, and what the invented dictionary makes of it."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """One concept: how it is written, and its place in the dictionary."""

    key: str
    kind: str  # AE, MH or CM
    english: tuple[str, ...]  # as sites 01 and 03 write it
    chinese: str  # as site 02 writes it
    name: str  # preferred term, without its mark
    name_zh: str
    group: str  # high level term (AE, MH) or class (CM)
    body: str = ""  # key of BODIES
    also: str = ""  # another way of writing, met only among the messes


# Key: high level group term, system organ class, the same in Chinese.
BODIES: dict[str, tuple[str, str, str]] = {
    "IMM": ("Immune activation groups", "Immune disorders", "免疫疾病"),
    "NEU": ("Brain and nerve groups", "Nerve disorders", "神经疾病"),
    "BLO": ("Blood cell groups", "Blood disorders", "血液疾病"),
    "LAB": ("Test result groups", "Test results", "检查结果"),
    "GEN": ("Whole-body groups", "Whole-body disorders", "全身疾病"),
    "GUT": ("Stomach and bowel groups", "Digestive disorders", "消化疾病"),
    "INF": ("Germ groups", "Infectious disorders", "感染疾病"),
    "MET": ("Salt and sugar groups", "Metabolic disorders", "代谢疾病"),
    "SKI": ("Skin groups", "Skin disorders", "皮肤疾病"),
    "VES": ("Heart and vessel groups", "Circulatory disorders", "循环疾病"),
    "TUM": ("Leukaemia groups", "Tumour disorders", "肿瘤疾病"),
    "SUR": ("Operation groups", "Operations", "手术"),
}


def _ae(
    key: str,
    english: tuple[str, ...],
    chinese: str,
    name: str,
    name_zh: str,
    group: str,
    body: str,
    also: str = "",
) -> Term:
    return Term(key, "AE", english, chinese, name, name_zh, group, body, also)


AE_TERMS: tuple[Term, ...] = (
    _ae(
        "CRS",
        ("Cytokine release syndrome", "CRS"),
        "细胞因子释放综合征",
        "Cytokine release reaction",
        "细胞因子释放反应",
        "Cytokine reactions",
        "IMM",
    ),
    _ae(
        "ICANS",
        ("ICANS", "Immune effector cell-associated neurotoxicity syndrome"),
        "免疫效应细胞相关神经毒性综合征",
        "Immune cell neurotoxicity",
        "免疫细胞神经毒性",
        "Neurotoxic reactions",
        "NEU",
    ),
    _ae(
        "GVHD",
        ("Acute graft versus host disease", "Acute GVHD"),
        "急性移植物抗宿主病",
        "Graft against host reaction",
        "移植物抗宿主反应",
        "Graft reactions",
        "IMM",
    ),
    _ae(
        "NEUT",
        ("Neutrophil count decreased", "Neutropenia"),
        "中性粒细胞计数降低",
        "Neutrophils low",
        "中性粒细胞低",
        "White cell counts",
        "LAB",
    ),
    _ae(
        "LYMPH",
        ("Lymphocyte count decreased", "Lymphopenia"),
        "淋巴细胞计数降低",
        "Lymphocytes low",
        "淋巴细胞低",
        "White cell counts",
        "LAB",
    ),
    _ae(
        "WBC",
        ("White blood cell decreased", "Leukopenia"),
        "白细胞计数降低",
        "White cells low",
        "白细胞低",
        "White cell counts",
        "LAB",
    ),
    _ae(
        "PLT",
        ("Platelet count decreased", "Thrombocytopenia"),
        "血小板计数降低",
        "Platelets low",
        "血小板低",
        "Platelet counts",
        "LAB",
    ),
    _ae("ANEM", ("Anemia", "Anaemia"), "贫血", "Red cells low", "红细胞低", "Red cell shortages", "BLO"),
    _ae(
        "FEBNEUT",
        ("Febrile neutropenia",),
        "发热性中性粒细胞减少",
        "Fever with low neutrophils",
        "发热伴中性粒细胞低",
        "White cell shortages",
        "BLO",
    ),
    _ae(
        "FEVER",
        ("Fever", "Pyrexia"),
        "发热",
        "Raised body temperature",
        "体温升高",
        "Temperature changes",
        "GEN",
    ),
    _ae("CHILLS", ("Chills",), "寒战", "Shivering", "发抖", "Temperature changes", "GEN"),
    _ae("FATIGUE", ("Fatigue", "Tiredness"), "乏力", "Tired state", "疲倦", "General complaints", "GEN"),
    _ae("NAUSEA", ("Nausea",), "恶心", "Sick feeling", "反胃", "Stomach complaints", "GUT"),
    _ae("VOMIT", ("Vomiting",), "呕吐", "Being sick", "吐", "Stomach complaints", "GUT"),
    _ae("DIARR", ("Diarrhea", "Loose stools"), "腹泻", "Loose bowel", "稀便", "Bowel complaints", "GUT"),
    _ae("HEADACHE", ("Headache",), "头痛", "Head pain", "头部疼痛", "Pain in the head", "NEU"),
    _ae(
        "NEUROP",
        ("Peripheral neuropathy",),
        "周围神经病变",
        "Numb hands and feet",
        "手足麻木",
        "Nerve complaints",
        "NEU",
    ),
    _ae(
        "ALT",
        ("ALT increased", "Alanine aminotransferase increased"),
        "丙氨酸氨基转移酶升高",
        "ALT high",
        "ALT高",
        "Liver tests",
        "LAB",
    ),
    _ae(
        "AST",
        ("AST increased", "Aspartate aminotransferase increased"),
        "天门冬氨酸氨基转移酶升高",
        "AST high",
        "AST高",
        "Liver tests",
        "LAB",
    ),
    _ae(
        "FIBRI",
        ("Fibrinogen decreased",),
        "纤维蛋白原降低",
        "Fibrinogen low",
        "纤维蛋白原低",
        "Clotting tests",
        "LAB",
    ),
    _ae(
        "HYPOK",
        ("Hypokalemia", "Low potassium"),
        "低钾血症",
        "Potassium low",
        "血钾低",
        "Salt shortages",
        "MET",
    ),
    _ae("HYPOCA", ("Hypocalcemia",), "低钙血症", "Calcium low", "血钙低", "Salt shortages", "MET"),
    _ae(
        "HYPOGAM",
        ("Hypogammaglobulinemia", "IgG decreased"),
        "低丙种球蛋白血症",
        "Immunoglobulins low",
        "免疫球蛋白低",
        "Antibody shortages",
        "IMM",
    ),
    _ae(
        "PNEU",
        ("Pneumonia", "Lung infection"),
        "肺炎",
        "Lung germ disease",
        "肺部感染病",
        "Lung germs",
        "INF",
    ),
    _ae(
        "FUNGAL",
        ("Fungal pneumonia",),
        "真菌性肺炎",
        "Lung fungus disease",
        "肺部真菌病",
        "Lung germs",
        "INF",
        "肺炎（真菌）",
    ),
    _ae(
        "CMV",
        ("CMV reactivation", "Cytomegalovirus infection reactivation"),
        "巨细胞病毒再激活",
        "CMV return",
        "CMV复发",
        "Virus germs",
        "INF",
    ),
    _ae("SEPSIS", ("Sepsis",), "脓毒症", "Blood germ disease", "血液感染病", "Blood germs", "INF"),
    _ae(
        "URTI",
        ("Upper respiratory infection",),
        "上呼吸道感染",
        "Airway germ disease",
        "气道感染病",
        "Airway germs",
        "INF",
    ),
    _ae(
        "RASH",
        ("Rash", "Maculopapular rash"),
        "皮疹",
        "Red spotted skin",
        "皮肤红斑点",
        "Spotted skin",
        "SKI",
    ),
)


def _mh(
    key: str, english: tuple[str, ...], chinese: str, name: str, name_zh: str, group: str, body: str
) -> Term:
    return Term(key, "MH", english, chinese, name, name_zh, group, body)


MH_TERMS: tuple[Term, ...] = (
    _mh(
        "TALL",
        ("T-cell acute lymphoblastic leukemia", "T-ALL"),
        "T细胞急性淋巴细胞白血病",
        "T-cell leukaemia, fast",
        "T细胞急性白血病",
        "Fast leukaemias",
        "TUM",
    ),
    _mh(
        "HYPERT",
        ("Hypertension", "High blood pressure"),
        "高血压",
        "Blood pressure high",
        "血压高",
        "Pressure changes",
        "VES",
    ),
    _mh(
        "DIAB",
        ("Type 2 diabetes mellitus",),
        "2型糖尿病",
        "Sugar disease, type 2",
        "2型血糖病",
        "Sugar changes",
        "MET",
    ),
    _mh(
        "HBV",
        ("Hepatitis B carrier",),
        "乙肝病毒携带者",
        "Hepatitis B germ carried",
        "携带乙肝病毒",
        "Virus germs",
        "INF",
    ),
    _mh(
        "APPEND",
        ("Appendectomy", "Appendix removed"),
        "阑尾切除术",
        "Appendix taken out",
        "切除阑尾",
        "Bowel operations",
        "SUR",
    ),
    _mh(
        "GASTR",
        ("Chronic gastritis",),
        "慢性胃炎",
        "Stomach lining inflamed",
        "胃黏膜炎",
        "Stomach complaints",
        "GUT",
    ),
)


def _cm(key: str, english: tuple[str, ...], chinese: str, name: str, name_zh: str, group: str) -> Term:
    return Term(key, "CM", english, chinese, name, name_zh, group)


CM_TERMS: tuple[Term, ...] = (
    _cm(
        "TOCI",
        ("Tocilizumab", "Tocilizumab inj."),
        "托珠单抗",
        "Tocilizumab",
        "托珠单抗",
        "Interleukin blockers",
    ),
    _cm("DEXA", ("Dexamethasone",), "地塞米松", "Dexamethasone", "地塞米松", "Steroids"),
    _cm("MPRED", ("Methylprednisolone",), "甲泼尼龙", "Methylprednisolone", "甲泼尼龙", "Steroids"),
    _cm("ACI", ("Acyclovir", "Aciclovir"), "阿昔洛韦", "Aciclovir", "阿昔洛韦", "Virus medicines"),
    _cm(
        "SMZ",
        ("Sulfamethoxazole/trimethoprim", "SMZ-TMP"),
        "复方磺胺甲噁唑",
        "Sulfamethoxazole with trimethoprim",
        "复方磺胺甲噁唑",
        "Germ medicines",
    ),
    _cm("POSA", ("Posaconazole",), "泊沙康唑", "Posaconazole", "泊沙康唑", "Fungus medicines"),
    _cm("CASPO", ("Caspofungin",), "卡泊芬净", "Caspofungin", "卡泊芬净", "Fungus medicines"),
    _cm("LEV", ("Levetiracetam",), "左乙拉西坦", "Levetiracetam", "左乙拉西坦", "Seizure medicines"),
    _cm(
        "PARA",
        ("Paracetamol", "Acetaminophen"),
        "对乙酰氨基酚",
        "Paracetamol",
        "对乙酰氨基酚",
        "Fever medicines",
    ),
    _cm(
        "GCSF",
        ("G-CSF", "Filgrastim"),
        "重组人粒细胞刺激因子",
        "Filgrastim",
        "非格司亭",
        "Blood growth factors",
    ),
    _cm(
        "IVIG",
        ("IVIG", "Human immunoglobulin"),
        "静注人免疫球蛋白",
        "Immunoglobulin",
        "免疫球蛋白",
        "Antibodies",
    ),
    _cm("CSA", ("Cyclosporine",), "环孢素", "Ciclosporin", "环孢素", "Immune suppressants"),
)

TERMS: dict[str, Term] = {term.key: term for term in (*AE_TERMS, *MH_TERMS, *CM_TERMS)}
